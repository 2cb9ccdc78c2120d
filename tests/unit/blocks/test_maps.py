"""Maps of blocks and their pins."""

from pathlib import Path

import pytest

from synnefo.blocks.hashing import BLOCK_SIZE, ZERO_NAME, hash_block
from synnefo.blocks.maps import BadMap, BlocksMissing, MapMissing, MapStore, decode, from_hashes
from synnefo.blocks.memory import MemoryStore

SIZE = BLOCK_SIZE + 5


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def maps(tmp_path: Path) -> MapStore:
    return MapStore(tmp_path / "maps")


@pytest.fixture
def hashes(store: MemoryStore) -> list[str]:
    return [store.put(b"first"), store.put(b"last")]


def test_a_published_map_comes_back(maps: MapStore, store: MemoryStore, hashes: list[str]) -> None:
    maps.put("image-1", hashes, SIZE, store=store)
    found = maps.get("image-1", size=SIZE)
    assert (found.hashes, found.size) == (hashes, SIZE)
    assert list(maps.names()) == ["image-1"]
    assert maps.remove("image-1")
    assert not maps.remove("image-1")
    with pytest.raises(MapMissing):
        maps.get("image-1")


def test_a_map_of_absent_blocks_is_refused(maps: MapStore, store: MemoryStore) -> None:
    with pytest.raises(BlocksMissing) as refusal:
        maps.put("image-1", [hash_block(b"absent"), ZERO_NAME], SIZE, store=store)
    assert refusal.value.missing == [hash_block(b"absent")]
    assert not maps.has("image-1")


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a/b", "x" * 124])
def test_a_name_that_is_no_name_is_refused(maps: MapStore, name: str) -> None:
    with pytest.raises(BadMap):
        maps.get(name)


def test_a_size_that_needs_other_blocks_is_refused(hashes: list[str]) -> None:
    for size in (0, BLOCK_SIZE, 2 * BLOCK_SIZE + 1):
        with pytest.raises(BadMap):
            from_hashes(hashes, size)
    with pytest.raises(BadMap):
        from_hashes(["not a hash"], 5)


def test_a_historic_map_has_the_size_of_its_blocks_or_the_callers(hashes: list[str]) -> None:
    raw = bytes.fromhex("".join(hashes))
    assert decode(raw).size == 2 * BLOCK_SIZE
    assert decode(raw + bytes(500)).hashes == hashes
    assert decode(raw, size=SIZE).size == SIZE
    with pytest.raises(BadMap):
        decode(raw, size=3 * BLOCK_SIZE)


def test_a_historic_reader_finds_the_entries_of_our_maps(hashes: list[str]) -> None:
    ours = from_hashes(hashes, SIZE).encode()
    assert ours[:64] == bytes.fromhex("".join(hashes))
    assert ours[64:96] == bytes(32)


def test_damage_and_a_wrong_size_are_found(hashes: list[str]) -> None:
    ours = bytearray(from_hashes(hashes, SIZE).encode())
    with pytest.raises(BadMap, match="not of"):
        decode(bytes(ours), size=SIZE + 1)
    ours[3] ^= 1
    with pytest.raises(BadMap, match="damaged"):
        decode(bytes(ours))


def test_a_pin_outlives_the_name_of_its_map(
    maps: MapStore, store: MemoryStore, hashes: list[str]
) -> None:
    maps.put("image-1", hashes, SIZE, store=store)
    assert maps.pin("image-1", "volume-1").hashes == hashes
    assert maps.share_pin("volume-1", "snapshot-1")
    maps.remove("image-1")
    maps.unpin("volume-1")
    everything = {*hashes, hash_block(b"garbage")}
    assert maps.used(everything) == set(hashes)
    maps.unpin("snapshot-1")
    maps.unpin("snapshot-1")
    assert maps.used(everything) == set()
    assert not maps.share_pin("volume-1", "volume-2")


def test_hashes_can_be_pinned_without_a_map(
    maps: MapStore, store: MemoryStore, hashes: list[str]
) -> None:
    maps.pin_hashes("volume-1", hashes, SIZE, store=store)
    assert maps.used(set(hashes)) == set(hashes)
    with pytest.raises(BlocksMissing):
        maps.pin_hashes("volume-2", [hash_block(b"absent")], 5, store=store)
    assert set(maps.holders()) == {"volume-1"}
