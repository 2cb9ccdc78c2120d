"""Volumes as wholes."""

import errno
import os
from pathlib import Path

import pytest

from synnefo.archipelago import collect, hasher, operations
from synnefo.archipelago.entries import BLOCK, SUB
from synnefo.archipelago.faults import (
    BadName,
    BadSize,
    ReadOnly,
    VolumeBusy,
    VolumeExists,
    VolumeFault,
    VolumeMissing,
)
from synnefo.archipelago.settings import under
from synnefo.archipelago.shelf import Shelf, open_shelf
from synnefo.archipelago.volume import open_volume
from synnefo.blocks import collect as block_garbage
from synnefo.blocks.durable import Disk
from synnefo.blocks.hashing import ZERO_NAME, hash_block
from synnefo.blocks.maps import BlocksMissing
from synnefo.wire.hashmaps import merkle_root

GIB = 1024**3


def write(shelf: Shelf, name: str, offset: int, data: bytes) -> None:
    volume = open_volume(shelf, name)
    volume.write(offset, memoryview(data))
    volume.close()


def read(shelf: Shelf, name: str, offset: int, length: int) -> bytes:
    volume = open_volume(shelf, name, writing=False)
    try:
        return bytes(volume.read(offset, length))
    finally:
        volume.close()


def files_under(path: Path) -> int:
    return sum(1 for entry in path.rglob("*") if entry.is_file())


def publish_image(shelf: Shelf, name: str = "debian-12") -> list[bytes]:
    pieces = [os.urandom(5000), b"", os.urandom(SUB + 3)]
    hashes = [shelf.blocks.put(piece) for piece in pieces]
    shelf.block_maps.put(name, hashes, 2 * BLOCK + SUB + 3, store=shelf.blocks)
    return pieces


def test_the_first_scenario_of_the_specification(shelf: Shelf) -> None:
    operations.create(shelf, "volume", 100 * GIB)
    assert read(shelf, "volume", 90 * GIB, 4096) == bytes(4096)
    operations.snapshot(shelf, "volume", "snap-1")
    data = os.urandom(10 * 1024 * 1024)
    write(shelf, "volume", 5000, data)
    assert read(shelf, "snap-1", 5000, len(data)) == bytes(len(data))
    assert read(shelf, "volume", 5000, len(data)) == data
    operations.snapshot(shelf, "volume", "snap-2")
    operations.clone(shelf, "clone-2", "snap-2", size=200 * GIB)
    assert read(shelf, "clone-2", 5000, len(data)) == data
    assert read(shelf, "clone-2", 199 * GIB, 4096) == bytes(4096)
    write(shelf, "clone-2", 5000, b"changed")
    assert read(shelf, "snap-2", 5000, 7) == read(shelf, "volume", 5000, 7) == data[:7]


def test_an_image_becomes_a_volume_without_a_copy(shelf: Shelf) -> None:
    pieces = publish_image(shelf)
    operations.clone(shelf, "volume", "debian-12", size=8 * BLOCK)
    assert files_under(shelf.privates.root) == 0
    assert read(shelf, "volume", 0, 6000) == pieces[0] + bytes(1000)
    assert read(shelf, "volume", 2 * BLOCK, SUB + 10) == pieces[2] + bytes(7)
    assert operations.info(shelf, "volume").size == 8 * BLOCK
    write(shelf, "volume", 100, b"x")
    assert operations.stored_bytes(shelf, "volume") <= SUB
    assert shelf.blocks.verify(hash_block(pieces[0]))


def test_a_list_of_blocks_becomes_a_volume(shelf: Shelf) -> None:
    name = shelf.blocks.put(b"content")
    operations.create_from_hashes(shelf, "volume", [name, ZERO_NAME], BLOCK + 5, grow_to=GIB)
    assert read(shelf, "volume", 0, 9) == b"content\0\0"
    assert operations.info(shelf, "volume").size == GIB
    with pytest.raises(BlocksMissing):
        operations.create_from_hashes(shelf, "another", [hash_block(b"absent")], 5)
    with pytest.raises(VolumeMissing):
        operations.info(shelf, "another")


def test_a_removed_image_stays_under_its_volumes(shelf: Shelf) -> None:
    pieces = publish_image(shelf)
    operations.clone(shelf, "volume", "debian-12")
    operations.snapshot(shelf, "volume", "snap-1")
    operations.remove(shelf, "volume")
    shelf.block_maps.remove("debian-12")
    operations.clone(shelf, "clone-1", "snap-1")
    operations.remove(shelf, "snap-1")
    block_garbage.collect(shelf.blocks, [shelf.block_maps.used], grace=0)
    assert read(shelf, "clone-1", 0, 5000) == pieces[0]
    operations.remove(shelf, "clone-1")
    done = block_garbage.collect(shelf.blocks, [shelf.block_maps.used], grace=0)
    assert done.removed == 2
    assert list(shelf.blocks.names()) == []


def test_the_private_blocks_of_a_snapshot_go_with_its_last_user(shelf: Shelf) -> None:
    operations.create(shelf, "volume", 4 * BLOCK)
    write(shelf, "volume", 0, b"first")
    operations.snapshot(shelf, "volume", "snap-1")
    write(shelf, "volume", 2, b"second")
    operations.clone(shelf, "clone-1", "snap-1")
    operations.remove(shelf, "volume")
    operations.remove(shelf, "snap-1")
    assert collect.collect(shelf).blocks == 0
    assert read(shelf, "clone-1", 0, 7) == b"first\0\0"
    operations.remove(shelf, "clone-1")
    assert collect.collect(shelf, dry_run=True).blocks == 1
    assert collect.collect(shelf).blocks == 1
    assert files_under(shelf.privates.root) == 0


def test_garbage_is_left_alone_while_a_volume_writes(shelf: Shelf) -> None:
    operations.create(shelf, "volume", 4 * BLOCK)
    volume = open_volume(shelf, "volume")
    volume.write(0, memoryview(b"not flushed yet"))
    assert collect.collect(shelf).blocks == 0
    volume.close()
    assert read(shelf, "volume", 0, 15) == b"not flushed yet"


def test_a_name_is_used_once_at_a_time(shelf: Shelf) -> None:
    operations.create(shelf, "volume", BLOCK)
    publish_image(shelf)
    for again in (
        lambda: operations.create(shelf, "volume", BLOCK),
        lambda: operations.clone(shelf, "volume", "debian-12"),
        lambda: operations.snapshot(shelf, "volume", "volume"),
    ):
        with pytest.raises((VolumeExists, VolumeBusy)):
            again()
    operations.remove(shelf, "volume")
    for call in (operations.info, operations.remove):
        with pytest.raises(VolumeMissing):
            call(shelf, "volume")
    operations.create(shelf, "volume", BLOCK)
    assert operations.info(shelf, "volume").epoch == 2


@pytest.mark.parametrize(
    "name",
    [
        "short",
        "archip_volume",
        "a/b/c/d",
        "volume_lock",
        ".hidden-one",
        "volume_0123456789abcdef",
        "x" * 83,
        "volume\n",
        "välume-1",
    ],
)
def test_names_that_no_volume_may_have_are_refused(shelf: Shelf, name: str) -> None:
    with pytest.raises(BadName):
        operations.create(shelf, name, BLOCK)


def test_sizes_that_make_no_sense_are_refused(shelf: Shelf) -> None:
    publish_image(shelf)
    with pytest.raises(BadSize):
        operations.create(shelf, "volume", 0)
    with pytest.raises(BadSize):
        operations.clone(shelf, "volume", "debian-12", size=BLOCK)
    with pytest.raises(BadSize):
        operations.clone(shelf, "volume", "debian-12", origin_size=9 * BLOCK)
    assert list(shelf.block_maps.holders()) == []
    operations.create(shelf, "volume", BLOCK)
    with pytest.raises(BadSize):
        operations.grow(shelf, "volume", BLOCK - 1)


def test_only_what_is_frozen_can_be_cloned_or_hashed(shelf: Shelf) -> None:
    operations.create(shelf, "volume", BLOCK)
    with pytest.raises(VolumeFault, match="snapshot"):
        operations.clone(shelf, "clone-1", "volume")
    with pytest.raises(VolumeFault, match="no snapshot or image map"):
        operations.clone(shelf, "clone-1", "nothing-here")
    with pytest.raises(VolumeFault, match="only a snapshot"):
        hasher.publish(shelf, "volume")


def test_a_snapshot_is_never_written(shelf: Shelf) -> None:
    operations.create(shelf, "volume", BLOCK)
    operations.snapshot(shelf, "volume", "snap-1")
    snapshot = open_volume(shelf, "snap-1")
    with pytest.raises(ReadOnly):
        snapshot.write(0, memoryview(b"x"))
    snapshot.close()
    assert operations.info(shelf, "snap-1").is_snapshot


def test_a_volume_grows_with_zeros_and_keeps_what_it_owns(shelf: Shelf) -> None:
    operations.create(shelf, "volume", BLOCK + 10)
    write(shelf, "volume", BLOCK, b"0123456789")
    operations.grow(shelf, "volume", 3 * BLOCK)
    assert read(shelf, "volume", BLOCK, 20) == b"0123456789" + bytes(10)
    write(shelf, "volume", 3 * BLOCK - 1, b"x")
    assert operations.stored_bytes(shelf, "volume") <= 4 * SUB


def test_a_renamed_volume_keeps_its_content(shelf: Shelf) -> None:
    pieces = publish_image(shelf)
    operations.clone(shelf, "volume", "debian-12")
    write(shelf, "volume", 0, b"mine")
    operations.rename(shelf, "volume", "renamed")
    assert read(shelf, "renamed", 0, 5000) == b"mine" + pieces[0][4:]
    assert [one.name for one in operations.listing(shelf)] == ["renamed"]
    operations.create(shelf, "volume", BLOCK)
    write(shelf, "renamed", 5, b"more")
    assert read(shelf, "volume", 0, 10) == bytes(10)


def test_two_writers_are_never_admitted(shelf: Shelf, other_node: Shelf) -> None:
    operations.create(shelf, "volume", BLOCK)
    holder = open_volume(shelf, "volume")
    with pytest.raises(VolumeBusy, match="another process"):
        open_volume(shelf, "volume")
    with pytest.raises(VolumeBusy, match="this-node"):
        open_volume(other_node, "volume")
    with pytest.raises(VolumeBusy):
        operations.remove(shelf, "volume")
    with pytest.raises(VolumeBusy):
        shelf.leases.unlock("volume")
    holder.close()
    open_volume(other_node, "volume").close()


def test_a_node_that_died_keeps_its_lock_until_it_is_broken(
    shelf: Shelf, other_node: Shelf
) -> None:
    operations.create(shelf, "volume", BLOCK)
    open_volume(shelf, "volume").abandon()
    with pytest.raises(VolumeBusy):
        open_volume(other_node, "volume")
    with pytest.raises(VolumeBusy):
        other_node.leases.unlock("volume")
    other_node.leases.unlock("volume", force=True)
    open_volume(other_node, "volume").close()
    with pytest.raises(VolumeFault, match="not locked"):
        other_node.leases.unlock("volume")


def test_a_writer_whose_lock_was_broken_commits_no_more(shelf: Shelf, other_node: Shelf) -> None:
    operations.create(shelf, "volume", BLOCK)
    stale = open_volume(shelf, "volume")
    stale.write(0, memoryview(b"stale"))
    other_node.leases.unlock("volume", force=True)
    with pytest.raises(VolumeFault, match="broken"):
        stale.flush()
    stale.abandon()


def test_a_snapshot_hashes_to_the_blocks_of_its_content(shelf: Shelf) -> None:
    pieces = publish_image(shelf)
    operations.clone(shelf, "volume", "debian-12")
    new = os.urandom(100)
    write(shelf, "volume", BLOCK + 7, new)
    operations.snapshot(shelf, "volume", "snap-1")
    published = hasher.publish(shelf, "snap-1")
    hashes = [hash_block(pieces[0]), hash_block(bytes(7) + new), hash_block(pieces[2])]
    assert published == merkle_root(hashes)
    assert shelf.block_maps.get(published).hashes == hashes
    operations.clone(shelf, "clone-1", published, size=GIB)
    assert read(shelf, "clone-1", BLOCK, 110) == bytes(7) + new + bytes(3)


class FillingDisk(Disk):
    """A disk whose next syncs find no room."""

    full = False

    def sync_file(self, fd: int) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().sync_file(fd)


def test_after_a_failed_sync_nothing_more_is_promised(tmp_path: Path) -> None:
    disk = FillingDisk()
    shelf = open_shelf(under(tmp_path), medium=disk)
    operations.create(shelf, "volume", 2 * BLOCK)
    volume = open_volume(shelf, "volume")
    volume.write(0, memoryview(b"kept"))
    volume.flush()
    volume.write(BLOCK, memoryview(b"lost"))
    disk.full = True
    with pytest.raises(OSError, match="space"):
        volume.flush()
    disk.full = False
    for call in (volume.flush, lambda: volume.write(0, memoryview(b"no"))):
        with pytest.raises(OSError, match="attach the volume anew"):
            call()
    assert bytes(volume.read(0, 4)) == b"kept"
    volume.close()
    open_volume(shelf, "volume").close()
    assert read(shelf, "volume", 0, 4) == b"kept"


def test_trimmed_space_is_given_back(shelf: Shelf) -> None:
    operations.create(shelf, "volume", 4 * BLOCK)
    write(shelf, "volume", 0, os.urandom(2 * BLOCK))
    before = operations.stored_bytes(shelf, "volume")
    volume = open_volume(shelf, "volume")
    volume.trim(0, BLOCK + 3 * SUB)
    assert bytes(volume.read(0, BLOCK + 3 * SUB)) == bytes(BLOCK + 3 * SUB)
    volume.close()
    assert operations.stored_bytes(shelf, "volume") <= before - BLOCK - 3 * SUB


def test_a_lock_that_a_power_cut_emptied_is_nobodys(shelf: Shelf) -> None:
    operations.create(shelf, "volume", BLOCK)
    (shelf.places.volumes / "locks" / "volume_lock").touch()
    open_volume(shelf, "volume").close()
