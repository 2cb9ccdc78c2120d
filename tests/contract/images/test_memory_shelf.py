"""The shelf in memory keeps the contract."""

import pytest

from synnefo.cyclades.engines.memory_shelf import MemoryShelf, MemoryWorld
from tests.contract.images.image_shelf import LIMIT, ImageShelfContract, Shelves


class TestMemoryShelf(ImageShelfContract):
    @pytest.fixture
    def shelves(self) -> Shelves:
        world = MemoryWorld(quota=LIMIT)
        return lambda who: MemoryShelf(world, who.removeprefix("service for "))
