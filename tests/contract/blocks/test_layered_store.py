"""Two layers keep the contract as one store, also while blocks move between them."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from synnefo.blocks.filed import FiledStore
from synnefo.blocks.layered import LayeredStore, heal, move
from synnefo.blocks.memory import MemoryStore
from synnefo.blocks.port import BlockMissing, BlockStore
from tests.contract.blocks.block_store import BlockStoreContract


class TestLayeredStore(BlockStoreContract):
    """Runs the suite of every store."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> BlockStore:
        return LayeredStore(MemoryStore(), FiledStore(tmp_path / "old"))


def layers(tmp_path: Path) -> LayeredStore:
    return LayeredStore(FiledStore(tmp_path / "new"), FiledStore(tmp_path / "old"))


def test_what_lies_below_is_found_and_not_stored_again(tmp_path: Path) -> None:
    store = layers(tmp_path)
    name = store.lower.put(b"old")
    assert store.missing([name]) == []
    assert (store.get(name), store.size(name), store.has(name)) == (b"old", 3, True)
    assert store.verify(name)
    assert not store.upper.has(name)
    assert store.discard(name)
    with pytest.raises(BlockMissing):
        store.idle_seconds(name)


def test_a_damaged_block_is_not_moved_unless_it_is_sound_above(tmp_path: Path) -> None:
    store = layers(tmp_path)
    name = store.lower.put(b"sound")
    FiledStore(tmp_path / "old").path(name).write_bytes(b"rotten")
    assert not move(store, name)
    assert store.lower.has(name)
    store.upper.put(b"sound")
    assert move(store, name)


def test_a_damaged_block_is_healed_from_the_other_layer(tmp_path: Path) -> None:
    store = layers(tmp_path)
    name = store.lower.put(b"sound")
    store.upper.put(b"sound")
    FiledStore(tmp_path / "new").path(name).write_bytes(b"rotten")
    assert heal(store, name)
    assert store.get(name) == b"sound"
    FiledStore(tmp_path / "new").path(name).write_bytes(b"rotten")
    assert not heal(store, name)


def test_readers_never_miss_a_block_while_all_of_them_move(tmp_path: Path) -> None:
    store = layers(tmp_path)
    blocks = [os.urandom(2000) for _ in range(300)]
    names = [store.lower.put(data) for data in blocks]
    is_over = threading.Event()
    seen: list[bool] = []

    def read() -> None:
        while not is_over.is_set():
            for name in names:
                fd = store.open(name)
                seen.append(hashlib.sha256(os.read(fd, 4096)).hexdigest() == name)
                os.close(fd)
            seen.append(store.missing(names) == [])

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    assert all(move(store, name) for name in names)
    is_over.set()
    for reader in readers:
        reader.join()
    assert seen
    assert all(seen)
    assert list(store.lower.names()) == []
    assert sorted(store.upper.names()) == sorted(names)
