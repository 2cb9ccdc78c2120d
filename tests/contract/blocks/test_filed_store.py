"""The store in a directory keeps the contract."""

import errno
import os
from pathlib import Path

import pytest

from synnefo.blocks.durable import Disk
from synnefo.blocks.filed import FiledStore
from synnefo.blocks.hashing import hash_block
from synnefo.blocks.port import BlockMissing, BlockStore, StoreFull
from tests.contract.blocks.block_store import BlockStoreContract


class FullDisk(Disk):
    """A disk that finds out at the sync that there is no room."""

    def sync_file(self, fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class TestFiledStore(BlockStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> BlockStore:
        return FiledStore(tmp_path / "blocks")

    def test_another_process_opening_the_directory_sees_the_blocks(self, tmp_path: Path) -> None:
        name = FiledStore(tmp_path / "b").put(b"shared")
        assert FiledStore(tmp_path / "b").get(name) == b"shared"

    def test_a_full_disk_is_reported_and_leaves_nothing_behind(self, tmp_path: Path) -> None:
        store = FiledStore(tmp_path / "b", medium=FullDisk())
        with pytest.raises(StoreFull):
            store.put(b"no room")
        assert not store.has(hash_block(b"no room"))
        assert list((tmp_path / "b" / "incoming").iterdir()) == []

    def test_damage_is_found_by_verifying(self, tmp_path: Path) -> None:
        store = FiledStore(tmp_path / "b")
        name = store.put(b"sound")
        store.path(name).write_bytes(b"rotten")
        assert not store.verify(name)

    def test_the_leftovers_of_cut_off_processes_are_swept(self, tmp_path: Path) -> None:
        store = FiledStore(tmp_path / "b")
        (tmp_path / "b" / "incoming" / "half").write_bytes(b"half a block")
        kept = store.put(b"kept")
        store.path(kept).rename(tmp_path / "b" / "leaving" / kept)
        assert store.get(kept) == b"kept"
        assert not store.has(kept)
        assert store.sweep(older_than=-1) == 2
        assert store.has(kept)
        assert list((tmp_path / "b" / "incoming").iterdir()) == []

    def test_a_name_can_not_lead_out_of_the_store(self, tmp_path: Path) -> None:
        with pytest.raises(BlockMissing):
            FiledStore(tmp_path / "b").path("../../../etc/passwd")
