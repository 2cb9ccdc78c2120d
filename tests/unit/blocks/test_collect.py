"""Garbage collection of blocks."""

from pathlib import Path

import pytest

from synnefo.blocks.collect import collect
from synnefo.blocks.filed import FiledStore
from synnefo.blocks.maps import MapStore
from synnefo.blocks.memory import MemoryStore
from synnefo.blocks.port import BlockStore


@pytest.fixture(params=["memory", "filed"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlockStore:
    return MemoryStore() if request.param == "memory" else FiledStore(tmp_path / "blocks")


def test_only_what_nobody_needs_is_removed(store: BlockStore, tmp_path: Path) -> None:
    maps = MapStore(tmp_path / "maps")
    by_object, by_map, garbage = store.put(b"object"), store.put(b"map"), store.put(b"garbage")
    maps.put("image", [by_map], 3, store=store)
    done = collect(store, [lambda names: names & {by_object}, maps.used], grace=0)
    assert (done.looked_at, done.removed, done.removed_bytes) == (3, 1, 7)
    assert done.samples == (garbage,)
    assert set(store.names()) == {by_object, by_map}


def test_a_dry_run_removes_nothing(store: BlockStore) -> None:
    store.put(b"garbage")
    assert collect(store, [], grace=0, dry_run=True).removed == 1
    assert len(list(store.names())) == 1


def test_an_upload_in_progress_is_left_alone(store: BlockStore) -> None:
    store.put(b"uploaded a moment ago")
    assert collect(store, [], grace=3600).removed == 0


def test_a_block_asked_for_during_the_collection_stays(store: BlockStore) -> None:
    wanted = store.put(b"wanted in the last moment")

    def meanwhile(names: set[str]) -> set[str]:
        assert store.missing([wanted]) == []
        return set()

    class Patient:
        """The same store, where everything looked idle when it was listed."""

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def idle_seconds(self, name: str) -> float:
            return 7200.0

    assert collect(Patient(), [meanwhile], grace=3600).removed == 0  # type: ignore[arg-type]
    assert store.has(wanted)
