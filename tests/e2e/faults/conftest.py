"""The clouds that are hurt here: one pretends to have machines, one has them."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Cloud
from tests.e2e.faults import clouds
from tests.e2e.faults.clouds import PLENTY, RESOURCES, Person


@pytest.fixture(scope="package")
def pretending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A whole cloud whose machines are pretended."""
    with clouds.running(tmp_path_factory.mktemp("fake") / "c", clouds.FAKE) as cloud:
        yield cloud


@pytest.fixture
def user(pretending: Cloud) -> Iterator[Person]:
    """The demonstration user with plenty of quota and, before and after, no server."""
    found = clouds.person(pretending)
    clouds.limit(pretending, found, dict.fromkeys(RESOURCES, PLENTY))
    yield found
    found.clear()
