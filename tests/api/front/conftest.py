"""A real web server with our worker, one with gunicorn's own, and one that is easily crowded."""

from collections.abc import Iterator

import pytest

from tests.support.web_door import OURS, THEIRS, Door, running


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    """One process of ours."""
    with running(OURS) as found:
        yield found


@pytest.fixture(scope="session")
def other_door() -> Iterator[Door]:
    """One process of gunicorn's own threads."""
    with running(THEIRS) as found:
        yield found
