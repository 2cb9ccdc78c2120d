"""The data phase: many requests per system call.

What a client has sent is taken in one `recv`, every whole request in it is served inline by
`pread` and `pwrite` on the file of its block, and the answers leave in one `sendmsg`. A volume
has one lock, held while a batch is served, so that several connections see one disk.
"""

import os
import select
import socket
from collections.abc import Callable

from synnefo.archipelago.access import Access
from synnefo.archipelago.entries import BLOCK
from synnefo.archipelago.nbd import protocol, requests
from synnefo.archipelago.nbd.protocol import Command
from synnefo.archipelago.ranges import WRITE_PIECE
from synnefo.archipelago.volume import Volume

_HEAD = protocol.REQUEST.size
_BUFFER = 2 * 1024 * 1024
_RECEIVE = 256 * 1024
_SEND_AT = 1024 * 1024
_BIG = 64 * 1024
_VECTORS = 512
_WRITES = frozenset({Command.WRITE, Command.TRIM, Command.WRITE_ZEROES})

Outgoing = list[bytes | bytearray | memoryview]


class Disconnected(Exception):
    """The client left, in good order or not."""


class Transmission:
    """One client's stream of requests."""

    def __init__(
        self, client: socket.socket, access: Access, is_ending: Callable[[], bool]
    ) -> None:
        self._client = client
        self._access = access
        self._is_ending = is_ending
        self._volume: Volume = access.volume
        self._waits = False
        self._buffer = bytearray(_BUFFER)
        self._start = 0
        self._end = 0
        self._out: Outgoing = []
        self._out_bytes = 0
        self._arena = memoryview(bytearray(_SEND_AT))

    def run(self) -> None:
        """Serve until the client leaves."""
        lock, access = self._access.lock, self._access
        needed = _HEAD
        try:
            while True:
                if self._end - self._start < needed:
                    self._receive(needed)
                with lock:
                    self._volume = access.volume if access.volume.is_writable else access.fresh()
                    needed = self._serve_batch()
                if self._out:
                    self._send()
                if self._waits:
                    self._await_lease()
        except (Disconnected, ConnectionError):
            return

    def _await_lease(self) -> None:
        """Wait until the next request, which writes, may be served here."""
        self._waits = False
        with select.epoll() as leaving:
            leaving.register(self._client, select.EPOLLRDHUP | select.EPOLLHUP)
            if not self._access.await_lease(lambda: self._is_ending() or bool(leaving.poll(0))):
                raise Disconnected

    def _serve_batch(self) -> int:  # noqa: C901, PLR0912, PLR0915 - one loop, inlined for speed
        """Serve what is whole in the buffer; return how many bytes the next request needs."""
        files, size, dirty = self._volume.descriptors, self._volume.size, self._volume.dirty
        reading, writing, out = files.reading, files.writing, self._out
        unpack, reply = protocol.REQUEST.unpack_from, protocol.REPLY.pack
        buffer, view, at, end = self._buffer, memoryview(self._buffer), self._start, self._end
        pread, pwrite = os.pread, os.pwrite
        needs_lease = self._access.needs_lease
        pending = self._out_bytes
        needed = _HEAD
        while end - at >= _HEAD and pending < _SEND_AT:
            magic, flags, command, handle, offset, length = unpack(buffer, at)
            if magic != 0x25609513 or command == 2:
                raise Disconnected
            stop = at + _HEAD
            if needs_lease and command in _WRITES:
                self._waits = True
                break
            index, inside = divmod(offset, BLOCK)
            plain = not flags and inside + length <= BLOCK and length and offset + length <= size
            if command == 0:
                data = None
                if plain and length < _BIG and reading[index] >= 0:
                    try:  # noqa: SIM105 - costs nothing, unlike a context manager
                        data = pread(reading[index], length, inside)
                    except OSError:
                        pass
                if data is None:
                    self._read(handle, flags, offset, length, pending)
                else:
                    out.append(reply(0x67446698, 0, handle))
                    out.append(data if len(data) == length else data.ljust(length, b"\0"))
                pending += length
            elif command == 1:
                stop += length
                if stop > end:
                    needed = _HEAD + length
                    break
                payload = view[at + _HEAD : stop]
                code = -1
                if plain and length <= WRITE_PIECE and writing[index] >= 0:
                    try:
                        if pwrite(writing[index], payload, inside) == length:
                            dirty.add(index)
                            code = 0
                    except OSError:
                        code = -1
                if code:
                    code = requests.change(self._volume, 1, flags, (offset, length), data=payload)
                out.append(reply(0x67446698, code, handle))
            else:
                code = requests.change(self._volume, command, flags, (offset, length))
                out.append(reply(0x67446698, code, handle))
            at = stop
        self._start, self._out_bytes = at, pending
        if needed > protocol.MAX_PAYLOAD + _HEAD:
            raise Disconnected
        return needed

    def _read(self, handle: int, flags: int, offset: int, length: int, pending: int) -> None:  # noqa: PLR0917 - the fields of a request
        """Read where the inner loop does not: big ranges, and blocks in two places."""
        volume = self._volume
        index, inside = divmod(offset, BLOCK)
        fits = pending + length <= _SEND_AT and inside + length <= BLOCK
        if fits and not requests.refusal(volume, Command.READ, flags, (offset, length)):
            fd = volume.descriptors.reading[index]
            target = self._arena[pending : pending + length]
            if fd >= 0 and _fill(fd, target, inside):
                self._out += (protocol.REPLY.pack(protocol.SIMPLE_REPLY_MAGIC, 0, handle), target)
                return
        code, data = requests.read(volume, flags, offset, length)
        self._out.append(protocol.REPLY.pack(protocol.SIMPLE_REPLY_MAGIC, code, handle))
        if data:
            self._out.append(data)

    def _send(self) -> None:
        """Send all answers; the arena is free afterwards."""
        out, self._out, self._out_bytes = self._out, [], 0
        for first in range(0, len(out), _VECTORS):
            part = out[first : first + _VECTORS]
            sent = self._client.sendmsg(part)
            total = sum(map(len, part))
            if sent != total:
                self._client.sendall(memoryview(b"".join(part))[sent:])

    def _receive(self, needed: int) -> None:
        """Read some more, at least until the next request is whole."""
        start, have = self._start, self._end - self._start
        room = max(needed, _RECEIVE)
        if have == 0:
            start = 0
        if len(self._buffer) - start < room:
            kept = self._buffer[start : start + have]
            if room > len(self._buffer):
                self._buffer = bytearray(room)
            self._buffer[:have] = kept
            start = 0
        self._start, self._end = start, start + have
        view = memoryview(self._buffer)
        while self._end - start < needed:
            missing = max(needed - (self._end - start), _RECEIVE)
            count = self._client.recv_into(view[self._end : self._end + missing])
            if count == 0:
                raise Disconnected
            self._end += count


def _fill(fd: int, target: memoryview, offset: int) -> bool:
    """Fill a buffer in one go; False when that is not how it is to be had."""
    try:
        return os.preadv(fd, [target], offset) == len(target)
    except OSError:
        return False
