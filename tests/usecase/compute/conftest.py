"""A stage for every test: a real database, everything outside in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.compute import Stage, a_stage


@pytest.fixture
def stage(db_of_cyclades: None, tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path / "blocks") as made:
        yield made


@pytest.fixture
def db_of_cyclades(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("transactional_db")
