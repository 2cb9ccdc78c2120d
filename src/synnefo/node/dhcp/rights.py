"""Gives up every right but those that packets need. Spec: images-and-nodes 4.1."""

import ctypes
import os
import pwd
import struct

_SETPCAP, _NET_ADMIN, _NET_RAW = 8, 12, 13
_KEPT = (1 << _SETPCAP) | (1 << _NET_ADMIN) | (1 << _NET_RAW)
_VERSION_3 = 0x20080522
_KEEPCAPS, _DROP_BOUND = 8, 24
_LAST = 40
_libc = ctypes.CDLL(None, use_errno=True)


def shed(user: str) -> None:
    """Become another user if one is named, and keep three capabilities only."""
    for right in range(_LAST + 1):
        if not _KEPT >> right & 1:
            _libc.prctl(_DROP_BOUND, right, 0, 0, 0)
    if user:
        _become(user)
    header = struct.pack("Ii", _VERSION_3, 0)
    low = struct.pack("III", _KEPT, _KEPT, 0)
    if _libc.capset(header, low + struct.pack("III", 0, 0, 0)):
        raise OSError(ctypes.get_errno(), "the rights cannot be changed")


def _become(user: str) -> None:
    found = pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)
    _libc.prctl(_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(found.pw_gid, found.pw_gid, found.pw_gid)
    os.setresuid(found.pw_uid, found.pw_uid, found.pw_uid)
