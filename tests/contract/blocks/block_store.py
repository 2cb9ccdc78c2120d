"""What every block store keeps."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from synnefo.blocks.hashing import ZERO_NAME, hash_block
from synnefo.blocks.port import BlockMissing, BlockStore

ABSENT = hashlib.sha256(b"nobody stored this").hexdigest()


class BlockStoreContract:
    """One suite for all adapters; a subclass gives the `store` fixture."""

    def test_a_block_is_named_by_its_content_without_trailing_zeros(
        self, store: BlockStore
    ) -> None:
        name = store.put(b"abc\0\0\0")
        assert name == hashlib.sha256(b"abc").hexdigest()
        assert store.get(name) == b"abc"
        assert store.size(name) == 3
        assert store.put(b"abc") == name
        assert list(store.names()) == [name]

    def test_a_full_block_comes_back_whole(self, store: BlockStore) -> None:
        data = os.urandom(store.block_size - 1) + b"x"
        assert store.get(store.put(memoryview(data))) == data

    def test_zeros_are_present_and_stored_nowhere(self, store: BlockStore) -> None:
        assert store.put(bytes(store.block_size)) == ZERO_NAME
        assert store.has(ZERO_NAME)
        assert store.missing([ZERO_NAME]) == []
        assert store.get(ZERO_NAME) == b""
        assert store.read(ZERO_NAME, 5, 3) == b"\0\0\0"
        assert list(store.names()) == []

    def test_reading_past_the_content_gives_zeros(self, store: BlockStore) -> None:
        name = store.put(b"abcdef")
        assert store.read(name, 4, 6) == b"ef\0\0\0\0"
        assert store.read(name, 100, 2) == b"\0\0"
        target = bytearray(b"\xff" * 8)
        store.read_into(name, 2, memoryview(target))
        assert bytes(target) == b"cdef\0\0\0\0"
        store.read_into(ZERO_NAME, 0, memoryview(target))
        assert bytes(target) == bytes(8)

    def test_an_opened_block_can_be_read_by_its_descriptor(self, store: BlockStore) -> None:
        fd = store.open(store.put(b"abcdef"))
        assert os.pread(fd, 3, 1) == b"bcd"
        os.close(fd)

    @pytest.mark.parametrize("name", [ABSENT, "", "../../etc/passwd", ABSENT.upper()])
    def test_a_block_that_is_not_there_is_said_to_be_missing(
        self, store: BlockStore, name: str
    ) -> None:
        assert not store.has(name)
        for call in (store.get, store.size, store.open, store.idle_seconds):
            with pytest.raises(BlockMissing):
                call(name)
        with pytest.raises(BlockMissing):
            store.read(name, 0, 1)

    def test_missing_lists_what_is_absent_once_and_in_order(self, store: BlockStore) -> None:
        here = store.put(b"here")
        other = hash_block(b"another absent one")
        assert store.missing([ABSENT, here, other, ABSENT, ZERO_NAME]) == [ABSENT, other]

    def test_more_than_a_block_is_refused(self, store: BlockStore) -> None:
        with pytest.raises(ValueError, match="at most"):
            store.put(bytes(store.block_size + 1))
        assert list(store.names()) == []

    def test_a_discarded_block_is_gone_and_may_come_back(self, store: BlockStore) -> None:
        name = store.put(b"fleeting")
        assert store.discard(name)
        assert not store.discard(name)
        assert not store.has(name)
        assert store.put(b"fleeting") == name
        assert store.get(name) == b"fleeting"

    def test_a_block_that_was_just_wanted_is_not_discarded(self, store: BlockStore) -> None:
        name = store.put(b"wanted")
        assert store.missing([name]) == []
        assert store.idle_seconds(name) < 60
        assert not store.discard(name, idle=60)
        assert store.get(name) == b"wanted"

    def test_content_can_be_verified(self, store: BlockStore) -> None:
        assert store.verify(store.put(b"sound"))
        assert store.verify(ZERO_NAME)

    def test_many_threads_storing_the_same_blocks_agree(self, store: BlockStore) -> None:
        blocks = [bytes([n]) * 1000 for n in range(1, 9)] * 8
        with ThreadPoolExecutor(8) as pool:
            names = list(pool.map(store.put, blocks))
        assert names == [hash_block(block) for block in blocks]
        assert sorted(store.names()) == sorted(set(names))
        assert store.missing(names) == []
