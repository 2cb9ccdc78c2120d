"""The bus in memory keeps the contract."""

import pytest

from synnefo.bus.memory import MemoryBus
from tests.contract.bus.bus_contract import BusContract


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


class TestMemoryBus(BusContract):
    """Runs the suite of every bus."""
