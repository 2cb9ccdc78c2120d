"""The memory store keeps the contract."""

import pytest

from synnefo.blocks.memory import MemoryStore
from synnefo.blocks.port import BlockStore, StoreFull
from tests.contract.blocks.block_store import BlockStoreContract


class TestMemoryStore(BlockStoreContract):
    @pytest.fixture
    def store(self) -> BlockStore:
        return MemoryStore(block_size=65536)

    def test_a_full_store_says_so_and_stores_nothing(self) -> None:
        small = MemoryStore(capacity=10)
        with pytest.raises(StoreFull):
            small.put(b"more than ten bytes")
        assert list(small.names()) == []
