"""Streams of blocks."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from synnefo.blocks.hashing import ZERO_NAME, hash_block
from synnefo.blocks.memory import MemoryStore
from synnefo.blocks.pipeline import BlockPipeline
from synnefo.blocks.port import StoreFull


def test_names_come_in_order_and_few_buffers_serve_many_blocks() -> None:
    store = MemoryStore(block_size=4096)
    pieces = [bytes([n]) * (n + 1) for n in range(200)]
    seen = hashlib.md5(usedforsecurity=False)
    buffers = set()
    with ThreadPoolExecutor(2) as pool, BlockPipeline(store, pool, depth=3) as stream:
        for piece in pieces:
            buffer = stream.buffer()
            buffers.add(id(buffer.obj))
            buffer[: len(piece)] = piece
            stream.submit(buffer, len(piece), seen.update)
        names = stream.finish()
    assert names == [hash_block(piece) for piece in pieces]
    assert names[0] == ZERO_NAME
    assert len(buffers) <= 3
    assert seen.digest() == hashlib.md5(b"".join(pieces), usedforsecurity=False).digest()


def test_a_full_store_stops_the_stream() -> None:
    store = MemoryStore(block_size=4096, capacity=5000)
    with (
        ThreadPoolExecutor(2) as pool,
        BlockPipeline(store, pool) as stream,
        pytest.raises(StoreFull),
    ):
        for n in range(50):
            buffer = stream.buffer()
            buffer[:] = bytes([n + 1]) * 4096
            stream.submit(buffer, 4096)
        stream.finish()
