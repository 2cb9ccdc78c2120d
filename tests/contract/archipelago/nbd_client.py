"""A client of the NBD protocol as small as can be, written from the protocol's document."""

import socket
import struct
from pathlib import Path

READ, WRITE, DISCONNECT, FLUSH, TRIM, WRITE_ZEROES = 0, 1, 2, 3, 4, 6
FUA, NO_HOLE = 1, 2
ABORT, LIST, INFO, GO = 2, 3, 6, 7
ACK, SERVER, INFORMATION = 1, 2, 3


class Client:
    """One connection."""

    def __init__(self, path: Path, *, client_flags: int = 3) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        assert self.exactly(16) == b"NBDMAGICIHAVEOPT"
        assert self.exactly(2) == b"\0\x03"
        self.socket.sendall(struct.pack(">I", client_flags))
        self.size = self.flags = 0
        self._handle = 0

    def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def option(self, number: int, payload: bytes = b"") -> None:
        self.socket.sendall(struct.pack(">8sII", b"IHAVEOPT", number, len(payload)) + payload)

    def option_reply(self) -> tuple[int, int, bytes]:
        magic, option, kind, length = struct.unpack(">QIII", self.exactly(20))
        assert magic == 0x3E889045565A9
        return option, kind, self.exactly(length)

    def go(self, name: str = "vol", *, option: int = GO) -> int:
        self.option(option, struct.pack(">I", len(name)) + name.encode() + b"\0\0")
        while True:
            _, kind, payload = self.option_reply()
            if kind == INFORMATION and payload[:2] == b"\0\0":
                self.size, self.flags = struct.unpack(">QH", payload[2:])
            elif kind != INFORMATION:
                return kind

    def send(
        self, command: int, offset: int, length: int, data: bytes = b"", flags: int = 0
    ) -> int:
        self._handle += 1
        head = struct.pack(">IHHQQI", 0x25609513, flags, command, self._handle, offset, length)
        self.socket.sendall(head + data)
        return self._handle

    def reply(self) -> tuple[int, int]:
        magic, error, handle = struct.unpack(">IIQ", self.exactly(16))
        assert magic == 0x67446698
        return error, handle

    def do(self, command: int, offset: int = 0, length: int = 0, *, flags: int = 0) -> int:
        handle = self.send(command, offset, length, flags=flags)
        error, got = self.reply()
        assert got == handle
        return error

    def read(self, offset: int, length: int) -> bytes:
        assert self.do(READ, offset, length) == 0
        return self.exactly(length)

    def write(self, offset: int, data: bytes, *, flags: int = 0) -> int:
        handle = self.send(WRITE, offset, len(data), data, flags)
        error, got = self.reply()
        assert got == handle
        return error

    def close(self) -> None:
        self.socket.close()
