"""Packet sockets on TAPs: only what guests ask about their addresses gets through."""

import ctypes
import fcntl
import socket
import struct

_GET_MAC, _GET_MTU = 0x8927, 0x8921
_ETH_P_ALL = 3
_SOL_PACKET, _IGNORE_OUTGOING = 263, 23
_ATTACH_FILTER = 26
_FRAME = 65536

_LDH, _LDB, _JEQ, _JSET, _LDXMSH, _LDHX, _RET = 0x28, 0x30, 0x15, 0x45, 0xB1, 0x48, 0x06
_PROGRAM: tuple[tuple[int, int, int, int], ...] = (
    (_LDH, 0, 0, 12),
    (_JEQ, 0, 7, 0x0800),
    (_LDB, 0, 0, 23),
    (_JEQ, 0, 15, 17),
    (_LDH, 0, 0, 20),
    (_JSET, 13, 0, 0x1FFF),
    (_LDXMSH, 0, 0, 14),
    (_LDHX, 0, 0, 16),
    (_JEQ, 9, 10, 67),
    (_JEQ, 0, 9, 0x86DD),
    (_LDB, 0, 0, 20),
    (_JEQ, 0, 3, 58),
    (_LDB, 0, 0, 54),
    (_JEQ, 4, 0, 133),
    (_JEQ, 3, 4, 135),
    (_JEQ, 0, 3, 17),
    (_LDH, 0, 0, 56),
    (_JEQ, 0, 1, 547),
    (_RET, 0, 0, _FRAME),
    (_RET, 0, 0, 0),
)
"""Lets UDP to port 67 (IPv4) and 547 (IPv6) and ICMPv6 133 and 135 through, nothing else.

Each step is a code, how many steps to skip when true and when false, and an operand.
"""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def open_tap(tap: str) -> socket.socket:
    """Open a socket on a TAP; OSError when there is none."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        _filter(made)
        made.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
        made.setblocking(False)
        made.bind((tap, _ETH_P_ALL))
    except OSError:
        made.close()
        raise
    return made


def _filter(made: socket.socket) -> None:
    code = b"".join(struct.pack("HBBI", *step) for step in _PROGRAM)
    buffer = ctypes.create_string_buffer(code)
    program = _Program(len(_PROGRAM), ctypes.addressof(buffer))
    made.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, bytes(program))


def mac_of(device: str) -> str | None:
    """Answer a device's MAC address; None when there is no such device."""
    told = _ask(device, _GET_MAC)
    return told[18:24].hex(":") if told is not None else None


def mtu_of(device: str) -> int:
    """Answer the size of the largest packet of a device; 0 when there is no such device."""
    told = _ask(device, _GET_MTU)
    return int(struct.unpack_from("i", told, 16)[0]) if told is not None else 0


def index_of(device: str) -> int | None:
    """Answer a device's number; None when there is no such device."""
    try:
        return socket.if_nametoindex(device)
    except OSError:
        return None


def _ask(device: str, what: int) -> bytes | None:
    """Ask the kernel, which knows the devices of our network namespace only."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        try:
            return fcntl.ioctl(made, what, struct.pack("256s", device.encode()[:15]))
        except OSError:
            return None
