"""A stage for every test: a real database, everything outside in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.cyclades.api.callers import remembered
from synnefo.cyclades.jobs import images
from tests.support.compute import Stage, a_stage
from tests.support.cyclades_api import Person

JOBS = (images,)
GLANCE = "/cyclades/image/v2"


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path / "blocks") as made:
        made.shelf.items.clear()
        yield made
    remembered.clear()


@pytest.fixture
def ada(stage: Stage) -> Person:
    return Person("ada", GLANCE)


@pytest.fixture
def eve(stage: Stage) -> Person:
    return Person("eve", GLANCE)
