"""A stage for every test: a real database, everything outside in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.cyclades.api.callers import remembered
from synnefo.cyclades.jobs import networks
from synnefo.cyclades.usecases import pools
from synnefo.cyclades.usecases.pools import PoolKind
from tests.support.compute import Stage, a_stage
from tests.support.cyclades_api import Person

JOBS = (networks,)
BASE = "/cyclades/network/v2.0"


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path / "blocks") as made:
        pools.create(PoolKind.MAC_PREFIX, base="aa:00:0", size=4096)
        yield made
    remembered.clear()


@pytest.fixture
def ada(stage: Stage) -> Person:
    return Person("ada", BASE)


@pytest.fixture
def eve(stage: Stage) -> Person:
    return Person("eve", BASE)
