"""A stage for every test: a real database, everything outside in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.cyclades.jobs import images, networks
from synnefo.cyclades.usecases import pools
from synnefo.cyclades.usecases.pools import PoolKind
from tests.support.compute import Stage, a_stage

JOBS = (images, networks)


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path / "blocks") as made:
        pools.create(PoolKind.MAC_PREFIX, base="aa:00:0", size=4096)
        pools.create(PoolKind.BRIDGE, base="prv", size=3)
        yield made
