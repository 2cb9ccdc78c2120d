"""Power cuts while blocks are stored: what was answered is there, what is there is whole."""

import random
from pathlib import Path

import pytest

from synnefo.blocks.filed import FiledStore
from synnefo.blocks.maps import MapStore
from synnefo.blocks.port import StoreFailed
from tests.support.forgetful import ForgetfulMedium


@pytest.mark.parametrize("seed", range(40))
def test_answered_blocks_survive_and_nothing_half_is_seen(tmp_path: Path, seed: int) -> None:
    choose = random.Random(seed)
    medium = ForgetfulMedium(good=choose.randrange(8, 60))
    answered, published = [], []
    try:
        store = FiledStore(tmp_path / "before", medium=medium)
        maps = MapStore(tmp_path / "before" / "maps", medium=medium)
        for number in range(20):
            answered.append(store.put(choose.randbytes(choose.randrange(1, 20_000))))
            maps.put(f"map-{number}", answered, len(answered) * store.block_size, store=store)
            published.append((f"map-{number}", list(answered)))
    except StoreFailed:
        pass
    medium.cut(tmp_path / "before", tmp_path / "after", choose)
    medium.close()
    store = FiledStore(tmp_path / "after")
    assert store.missing(answered) == []
    assert all(store.verify(name) for name in store.names())
    maps = MapStore(tmp_path / "after" / "maps")
    for name, hashes in published:
        assert maps.get(name).hashes == hashes
