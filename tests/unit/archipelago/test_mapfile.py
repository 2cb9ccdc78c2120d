"""The map of a volume on the disk."""

from pathlib import Path

import pytest

from synnefo.archipelago import entries, mapfile
from synnefo.archipelago.entries import BLOCK, Base, Entry
from synnefo.archipelago.faults import Damaged
from synnefo.archipelago.mapfile import Header, MapLog
from synnefo.blocks.durable import DISK

BOOT, LATER = b"boot-one" * 2, b"boot-two" * 2
HEADER = Header(3 * BLOCK, epoch=7, generation=b"g" * 16)
CHANGED = Entry(5, b"g" * 16, Base.HASH, b"h" * 32).encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "map"
    mapfile.write_new(path, HEADER, bytes(3 * entries.SIZE), DISK)
    return path


def open_log(path: Path, boot: bytes = BOOT) -> MapLog:
    return MapLog(path, mapfile.load(path, boot), boot, DISK)


def entry_of(path: Path, index: int, boot: bytes = BOOT) -> bytes:
    return entries.decode(mapfile.load(path, boot).table, index).encode()


def test_a_header_comes_back(path: Path) -> None:
    assert mapfile.read_header(path) == HEADER


def test_a_committed_change_is_true_for_ever(path: Path) -> None:
    log = open_log(path)
    log.append(1, CHANGED)
    log.commit()
    log.sync()
    log.close(clean=False)
    assert entry_of(path, 1, LATER) == CHANGED
    assert not mapfile.load(path, LATER).was_closed


def test_an_uncommitted_change_is_true_until_the_machine_restarts(path: Path) -> None:
    log = open_log(path)
    log.append(1, CHANGED)
    log.close(clean=False)
    assert entry_of(path, 1, BOOT) == CHANGED
    assert mapfile.load(path, BOOT).uncommitted
    assert entry_of(path, 1, LATER) == entries.EMPTY


def test_what_a_restart_made_untrue_never_comes_back(path: Path) -> None:
    log = open_log(path)
    log.append(1, CHANGED)
    log.close(clean=False)
    later = open_log(path, LATER)
    later.append(2, CHANGED)
    later.commit()
    later.sync()
    later.close(clean=True)
    assert entry_of(path, 1, LATER) == entries.EMPTY
    assert entry_of(path, 2, LATER) == CHANGED
    assert mapfile.load(path, LATER).was_closed


@pytest.mark.parametrize("cut", [1, 40, 87])
def test_a_record_cut_short_ends_the_log(path: Path, cut: int) -> None:
    log = open_log(path)
    log.append(1, CHANGED)
    log.commit()
    log.sync()
    sound = path.stat().st_size
    log.append(2, CHANGED)
    log.commit()
    log.sync()
    log.close(clean=False)
    whole = path.read_bytes()
    path.write_bytes(whole[: sound + cut])
    assert entry_of(path, 1) == CHANGED
    assert entry_of(path, 2) == entries.EMPTY


def test_records_of_an_older_map_do_not_count(path: Path) -> None:
    log = open_log(path)
    log.append(1, CHANGED)
    log.commit()
    log.sync()
    log.close(clean=False)
    records = path.read_bytes()[64 + 3 * entries.SIZE :]
    newer = Header(3 * BLOCK, epoch=8, generation=b"n" * 16)
    mapfile.write_new(path, newer, bytes(3 * entries.SIZE), DISK)
    with path.open("ab") as file:
        file.write(records)
    assert entry_of(path, 1) == entries.EMPTY


@pytest.mark.parametrize("at", [2, 9, 70])
def test_damage_is_found(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(Damaged):
        mapfile.load(path, BOOT)


def test_a_tombstone_keeps_the_epoch(path: Path) -> None:
    mapfile.write_tombstone(path, HEADER, DISK)
    header = mapfile.read_header(path)
    assert header.is_deleted
    assert header.epoch == 7
