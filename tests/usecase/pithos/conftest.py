"""A storage of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.kit import conf
from synnefo.pithos.engines import quota
from synnefo.pithos.settings import PithosSettings
from tests.support.pithos import MemoryQuota


@pytest.fixture(autouse=True)
def storage(tmp_path: Path) -> Iterator[Path]:
    """Blocks in a folder of the test."""
    folder = tmp_path / "blocks"
    with conf.override(PithosSettings, pithos_backend_block_path=str(folder)):
        yield folder


@pytest.fixture(autouse=True)
def ledger() -> Iterator[MemoryQuota]:
    """A quota service in memory."""
    found = MemoryQuota()
    with quota.using(found):
        yield found
