"""A block is hashed before it is given out, unless somebody on this host just knew it sound."""

import os
from pathlib import Path

import pytest

from synnefo.blocks import sound
from synnefo.blocks.beliefs import SLOTS, Beliefs
from synnefo.blocks.filed import FiledStore
from synnefo.blocks.port import BlockRotten
from synnefo.blocks.sound import SoundReads

FACTS = (1, 2, 3, 4)
NAME = "ab" * 32


class _Counted:
    """Counts how often a block was hashed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        whole = sound.digest_of

        def counted(fd: int) -> str:
            self.count += 1
            return whole(fd)

        monkeypatch.setattr(sound, "digest_of", counted)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> _Counted:
    return _Counted(monkeypatch)


def _read(reads: SoundReads, name: str) -> None:
    os.close(reads.open(name))


def test_a_block_is_hashed_once_for_all_processes(tmp_path: Path, hashed: _Counted) -> None:
    store = FiledStore(tmp_path / "blocks")
    name = store.put(b"content")
    for _ in range(2):
        _read(SoundReads(store, trust=60.0, beliefs=Beliefs(tmp_path / "known")), name)
    assert hashed.count == 1


def test_a_block_that_was_just_written_is_not_hashed(tmp_path: Path, hashed: _Counted) -> None:
    store = FiledStore(tmp_path / "blocks")
    reads = SoundReads(store, trust=60.0)
    store.on_written = reads.written
    _read(reads, store.put(b"content"))
    assert hashed.count == 0


def test_a_block_that_was_there_already_is_hashed(tmp_path: Path, hashed: _Counted) -> None:
    store = FiledStore(tmp_path / "blocks")
    store.put(b"content")
    reads = SoundReads(store, trust=60.0)
    store.on_written = reads.written
    _read(reads, store.put(b"content"))
    assert hashed.count == 1


def test_a_file_that_changed_is_hashed_again(tmp_path: Path) -> None:
    store = FiledStore(tmp_path / "blocks")
    reads = SoundReads(store, trust=60.0)
    store.on_written = reads.written
    name = store.put(b"content")
    store.path(name).write_bytes(b"CONTENT")
    with pytest.raises(BlockRotten):
        reads.open(name)


def test_without_trust_every_reading_hashes(tmp_path: Path, hashed: _Counted) -> None:
    store = FiledStore(tmp_path / "blocks")
    reads = SoundReads(store, trust=0.0)
    store.on_written = reads.written
    name = store.put(b"content")
    _read(reads, name)
    _read(reads, name)
    assert hashed.count == 2


def test_a_belief_is_about_one_state_of_one_file_of_one_name(tmp_path: Path) -> None:
    known = Beliefs(tmp_path / "known")
    known.remember(NAME, FACTS, 9.0)
    other = Beliefs(tmp_path / "known")
    assert other.until(NAME, FACTS) == 9.0
    assert other.until(NAME, (1, 2, 3, 5)) == 0.0
    assert other.until(NAME[:12] + "0" * 52, FACTS) == 0.0
    other.forget(NAME)
    assert known.until(NAME, FACTS) == 0.0


def test_a_torn_or_foreign_entry_proves_nothing(tmp_path: Path) -> None:
    Beliefs(tmp_path / "known").remember(NAME, FACTS, 9.0)
    file = tmp_path / "known"
    data = bytearray(file.read_bytes())
    at = int(NAME[:12], 16) % SLOTS * 32
    data[at + 31] ^= 1
    file.write_bytes(data)
    assert Beliefs(file).until(NAME, FACTS) == 0.0


def test_a_table_that_cannot_be_shared_is_kept_to_oneself(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    known = Beliefs(tmp_path / "file" / "known")
    known.remember(NAME, FACTS, 9.0)
    assert known.until(NAME, FACTS) == 9.0
