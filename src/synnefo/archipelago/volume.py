"""An open volume: bytes in and out, barriers, snapshots.

Promises, in the order in which they are kept: a write is in the page cache and its map change in
the log before it is answered, so the death of this process loses nothing; a flush syncs the data
first, then commits the map, then answers, so a power cut loses nothing that was flushed.
"""

import os
import threading
from dataclasses import replace

from synnefo.archipelago import entries, mapfile
from synnefo.archipelago.descriptors import Descriptors, raise_limit
from synnefo.archipelago.entries import BLOCK, FULL, NO_GENERATION, SUB, Base, Entry
from synnefo.archipelago.faults import BadSize, ReadOnly, VolumeFault
from synnefo.archipelago.lease import Lease
from synnefo.archipelago.mapfile import Flags, Header, MapLog
from synnefo.archipelago.privates import punch
from synnefo.archipelago.ranges import copy, pieces, read_into, write_pieces
from synnefo.archipelago.shelf import Shelf, new_generation
from synnefo.archipelago.syncing import Promises

_COMPACT_AT = 4 * 1024 * 1024


class Volume:
    """One volume, opened by `open_volume`; hold `lock` around every call but `close`."""

    def __init__(self, shelf: Shelf, name: str, lease: Lease | None, fd_limit: int = 0) -> None:
        loaded = shelf.load(name)
        self.name = name
        self.header: Header = loaded.header
        self.lock = threading.RLock()
        self.dirty: set[int] = set()
        self._shelf = shelf
        self._lease = lease
        self._table = loaded.table
        self._entries: dict[int, Entry] = {}
        self._fresh: set[int] = set()
        self._new_names = False
        self._prepared = False
        self._compact_at = _COMPACT_AT
        self._log: MapLog | None = None
        limit = fd_limit or raise_limit()
        count = loaded.header.blocks
        self.descriptors = Descriptors(shelf.blocks, shelf.privates, count, limit)
        self._promises = Promises(shelf.privates, self.descriptors, shelf.medium)
        if lease is not None and not loaded.header.is_readonly:
            self._log = MapLog(shelf.map_path(name), loaded, shelf.boot, shelf.medium)
            if not loaded.was_closed:
                self._distrust()

    @property
    def size(self) -> int:
        """Tell the size in bytes."""
        return self.header.size

    @property
    def is_writable(self) -> bool:
        """Tell whether this process may write."""
        return self._log is not None

    def read(self, offset: int, length: int) -> bytes | bytearray:
        """Read a range that lies within the volume."""
        index, start = divmod(offset, BLOCK)
        if start + length <= BLOCK:
            return self._read_block(index, start, length)
        out = bytearray(length)
        done = 0
        while done < length:
            index, start = divmod(offset + done, BLOCK)
            count = min(BLOCK - start, length - done)
            out[done : done + count] = self._read_block(index, start, count)
            done += count
        return out

    def write(self, offset: int, data: memoryview) -> None:
        """Write a range that lies within the volume."""
        self._require_writable()
        done = 0
        while done < len(data):
            index, start = divmod(offset + done, BLOCK)
            count = min(BLOCK - start, len(data) - done)
            self._write_block(index, start, data[done : done + count])
            done += count

    def write_zeroes(self, offset: int, length: int, *, keep_space: bool = False) -> None:
        """Make a range read as zeros, and give its space back unless told to keep it."""
        self._require_writable()
        for index, start, end in pieces(offset, length):
            if keep_space:
                self._write_block(index, start, memoryview(bytes(end - start)))
            else:
                self._zero_block(index, start, end, edges=True)

    def trim(self, offset: int, length: int) -> None:
        """Give back the space of whole sub-blocks, which then read as zeros."""
        self._require_writable()
        for index, start, end in pieces(offset, length):
            self._zero_block(index, start, end, edges=False)

    def flush(self) -> None:
        """Make every answered write survive a power cut: data, names, map, in this order."""
        log = self._require_writable()
        if not self.dirty and not log.uncommitted:
            return
        self._sync_data()
        if log.uncommitted:
            self._commit(log)

    def sync_ahead(self) -> None:
        """Sync what is dirty now, without the lock, so that the next flush has less to do.

        Promises nothing: a fault shows again in the flush itself.
        """
        with self.lock:
            dirty, generation = sorted(self.dirty), self.header.generation
        self._promises.sync_ahead(generation, dirty)

    def sync_blocks(self, offset: int, length: int) -> None:
        """Make one range survive a power cut; the whole volume when the map has changed."""
        log = self._require_writable()
        if log.uncommitted:
            self.flush()
            return
        touched = {index for index, _, _ in pieces(offset, length)} & self.dirty
        self._promises.sync_data(self.header.generation, sorted(touched))
        self.dirty -= touched

    def snapshot(self, name: str) -> None:
        """Freeze what is written so far under another name. Spec: volumes 3.5.

        The present generation becomes immutable: the volume goes on in a new one.
        """
        self._require_writable()
        shelf = self._shelf
        self.flush()
        shelf.block_maps.share_pin(self.name, name)
        old = self.header
        self._rewrite(replace(old, epoch=old.epoch + 1, generation=new_generation()))
        frozen = Header(old.size, int(Flags.READONLY))
        try:
            mapfile.write_new(shelf.map_path(name), frozen, self._table, shelf.medium)
        except OSError:
            shelf.block_maps.unpin(name)
            raise

    def grow(self, size: int) -> None:
        """Append zeros. Spec: volumes 3.12."""
        self._require_writable()
        if size < self.size:
            raise BadSize(f"Volume {self.name} has {self.size} bytes already and cannot shrink.")
        if size == self.size:
            return
        self.flush()
        header = replace(self.header, size=size)
        self._table.extend(bytes((header.blocks - self.header.blocks) * entries.SIZE))
        self.descriptors.extend(header.blocks)
        self._rewrite(header)

    def close(self) -> None:
        """Flush, then let go of files and lease."""
        with self.lock:
            try:
                if self._log is not None and self._promises.broken is None:
                    self.flush()
                    self._log.close(clean=True)
            finally:
                self._log = None
                self._promises.close()
                self.descriptors.close()
                if self._lease is not None:
                    self._lease.release()

    def abandon(self) -> None:
        """Stop as a killed process would: nothing is flushed, the node keeps the lock."""
        self._promises.close()
        self.descriptors.close()
        if self._log is not None:
            self._log.close(clean=False)
            self._log = None
        if self._lease is not None:
            self._lease.abandon()

    def _entry(self, index: int) -> Entry:
        entry = self._entries.get(index)
        if entry is None:
            entry = self._entries[index] = entries.decode(self._table, index)
        return entry

    def _read_block(self, index: int, start: int, length: int) -> bytes | bytearray:
        files = self.descriptors
        if files.reading[index] < 0:
            self.descriptors.settle(index, self._entry(index), own=self._own_generation())
        fd = files.reading[index]
        if fd >= 0:
            return os.pread(fd, length, start).ljust(length, b"\0")
        entry = self._entry(index)
        out = bytearray(length)
        target = memoryview(out)
        for at, end, private in entries.runs(entry.mask, start, start + length):
            fd = (
                files.private(index, entry, writing=self._owns(entry))
                if private
                else files.base(index, entry)
            )
            read_into(fd, at, target[at - start : end - start])
        return out

    def _owns(self, entry: Entry) -> bool:
        return entry.has_private and entry.generation == self._own_generation()

    def _own_generation(self) -> bytes:
        """Name the blocks that may be written here: none when the volume is only read."""
        may_write = self._log is not None and self._promises.broken is None
        return self.header.generation if may_write else NO_GENERATION

    def _write_block(self, index: int, start: int, data: memoryview) -> None:
        entry = self._entry(index)
        before = entry.encode()
        fd = self._own_block(index, entry)
        end = start + len(data)
        wanted = entries.bits(start // SUB, (end - 1) // SUB)
        try:
            if entry.mask & wanted == wanted:
                write_pieces(fd, data, start)
            else:
                self._write_filling(index, entry, start, data)
                entry.mask |= wanted
            self._changed(index, entry, before)
        except OSError:
            self._take_back(index, entry, before)
            raise
        self.dirty.add(index)

    def _write_filling(self, index: int, entry: Entry, start: int, data: memoryview) -> None:
        """Write data into sub-blocks seen for the first time, the rest of them from the base."""
        fd = self.descriptors.private(index, entry, writing=True)
        end = start + len(data)
        if index in self._fresh and entry.base == Base.ZERO:
            write_pieces(fd, data, start)
            return
        head = self._edge(index, entry, start // SUB * SUB, start)
        tail = self._edge(index, entry, end, -(-end // SUB) * SUB)
        write_pieces(fd, b"".join((head, data, tail)), start - len(head))

    def _edge(self, index: int, entry: Entry, start: int, end: int) -> bytes:
        if start == end or entry.mask >> (start // SUB) & 1:
            return b""
        base = self.descriptors.base(index, entry)
        return os.pread(base, end - start, start).ljust(end - start, b"\0")

    def _zero_block(self, index: int, start: int, end: int, *, edges: bool) -> None:
        entry = self._entry(index)
        if not entry.has_private and entry.base == Base.ZERO:
            return
        if end - start == BLOCK and not self._owns(entry):
            self._drop_block(index, entry)
            return
        first, last = -(-start // SUB) * SUB, end // SUB * SUB
        if end == self.size - index * BLOCK:
            last = -(-end // SUB) * SUB
        if first < last:
            self._punch_block(index, first, last)
        if edges:
            head_end, tail = min(first, end), max(last, start)
            for at, stop in ((start, head_end), (max(tail, head_end), end)):
                if at < stop:
                    self._write_block(index, at, memoryview(bytes(stop - at)))

    def _drop_block(self, index: int, entry: Entry) -> None:
        """Refer to nothing any more; what was referred to belongs to others."""
        before = entry.encode()
        entry.restore(entries.EMPTY)
        try:
            self._changed(index, entry, before)
        except OSError:
            entry.restore(before)
            raise
        self.descriptors.forget(index)

    def _punch_block(self, index: int, first: int, last: int) -> None:
        entry = self._entry(index)
        before = entry.encode()
        fd = self._own_block(index, entry)
        try:
            punch(fd, first, last - first)
            entry.mask |= entries.bits(first // SUB, (last - 1) // SUB)
            self._changed(index, entry, before)
        except OSError:
            self._take_back(index, entry, before)
            raise
        self.dirty.add(index)

    def _own_block(self, index: int, entry: Entry) -> int:
        """Give a private block that may be written, made on the first write."""
        if entry.has_private and entry.generation == self.header.generation:
            return self.descriptors.private(index, entry, writing=True)
        if not self._prepared:
            self._shelf.privates.prepare(self.header.generation)
            self._prepared = True
        base, base_id = entry.base, entry.base_id
        if entry.has_private:
            self._seal(index, entry)
            base, base_id = Base.FROZEN, entry.generation.ljust(32, b"\0")
        fd = self._shelf.privates.create(self.header.generation, index)
        self.descriptors.adopt(index, fd)
        entry.base, entry.base_id = base, base_id
        entry.generation, entry.mask = self.header.generation, 0
        self._fresh.add(index)
        self._new_names = True
        return fd

    def _seal(self, index: int, entry: Entry) -> None:
        """Complete a frozen block from its base, so that it can be a base itself.

        Nobody reads the bytes that this fills in: every map that names the block without them
        has the same base. They are synced at once, before a map leans on them.
        """
        if entry.mask == FULL:
            return
        fd = self._shelf.privates.open(entry.generation, index, writing=True)
        try:
            base = self.descriptors.base(index, entry)
            for at, end, private in entries.runs(entry.mask, 0, BLOCK):
                if not private:
                    copy(base, fd, at, end)
            self._shelf.medium.sync_file(fd)
        finally:
            os.close(fd)

    def _changed(self, index: int, entry: Entry, before: bytes) -> None:
        """Log an entry that differs from what it was, and enter it in the tables."""
        packed = entry.encode()
        if packed != before:
            if self._log is not None:
                self._log.append(index, packed)
            self._table[index * entries.SIZE : (index + 1) * entries.SIZE] = packed
            self.descriptors.unsettle(index)
        if entry.mask == FULL and self.descriptors.writing[index] < 0:
            self.descriptors.settle(index, entry, own=self._own_generation())

    def _take_back(self, index: int, entry: Entry, before: bytes) -> None:
        """After a failed write the map says what it said before; the file's rest is unknown."""
        if entry.encode() != before:
            entry.restore(before)
            self.descriptors.forget(index)
        self._fresh.discard(index)

    def _distrust(self) -> None:
        """Assume that nothing this generation wrote before us has been synced."""
        own = self.header.generation
        listed = self._shelf.privates.indexes(own)
        self.dirty.update(
            i for i in listed if i < self.header.blocks and self._entry(i).generation == own
        )
        self._new_names = bool(self.dirty)

    def _sync_data(self) -> None:
        dirty = sorted(self.dirty)
        self._promises.sync_data(self.header.generation, dirty)
        if self._new_names:
            self._promises.sync_names(self.header.generation)
            self._new_names = False
        self.dirty.difference_update(dirty)

    def _commit(self, log: MapLog) -> None:
        if self._lease is not None:
            self._lease.verify()
        log.commit()
        with self._promises.kept():
            log.sync()
        if log.length > max(self._compact_at, 2 * len(self._table)):
            self._compact()

    def _compact(self) -> None:
        """Write the map anew for a short log; when that cannot be, the long one does as well."""
        try:
            self._rewrite(self.header)
        except OSError:
            if self._promises.broken is not None:
                raise
            self._compact_at *= 2

    def _rewrite(self, header: Header) -> None:
        """Write the map anew, with an empty log; all data has been synced.

        A fault after the new map has taken the place of the old leaves us with a log that
        nobody will read: that ends all promises.
        """
        shelf, path = self._shelf, self._shelf.map_path(self.name)
        before = path.stat().st_ino
        try:
            mapfile.write_new(path, header, self._table, shelf.medium)
        except OSError:
            if path.stat().st_ino != before:
                with self._promises.kept():
                    raise
            raise
        if self._log is not None:
            self._log.close(clean=False)
            loaded = mapfile.load(path, shelf.boot)
            self._log = MapLog(path, loaded, shelf.boot, shelf.medium)
        if header.generation != self.header.generation:
            self.descriptors.forget_all()
            self._fresh.clear()
            self._prepared = False
        self.header = header

    def _require_writable(self) -> MapLog:
        broken = self._promises.broken
        if broken is not None:
            raise OSError(broken.errno, "An earlier sync failed; attach the volume anew.")
        if self._log is None:
            if self.header.is_readonly:
                raise ReadOnly(self.name)
            raise VolumeFault(f"Volume {self.name} was opened for reading.")
        return self._log


def open_volume(shelf: Shelf, name: str, *, writing: bool = True, fd_limit: int = 0) -> Volume:
    """Open a volume, for writing as its one writer; a snapshot is opened for reading."""
    header = shelf.header(name)
    if not writing or header.is_readonly:
        return Volume(shelf, name, None, fd_limit)
    lease = shelf.leases.acquire(name)
    try:
        return Volume(shelf, name, lease, fd_limit)
    except BaseException:
        lease.release()
        raise
