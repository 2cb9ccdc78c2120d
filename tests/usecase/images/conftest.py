"""A stage for every test: a real database, everything outside in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.cyclades.jobs import images
from tests.support.compute import Stage, a_stage

JOBS = (images,)


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path / "blocks") as made:
        yield made
