"""The few calls of Ceph's C library that a block store needs, by ctypes.

Python's own binding comes with the system's Python and fits no other; the C library's interface
has been stable for ten years. Every call lets other threads run while it waits.
"""

import ctypes
import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from ctypes import POINTER, byref, c_char, c_char_p, c_int, c_size_t, c_uint8, c_uint64, c_void_p
from functools import cache

from synnefo.blocks.hashing import Buffer
from synnefo.blocks.port import StoreFailed, StoreFault, StoreFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_TRY_WHEN_FULL = 64
_EXCLUSIVE = 1
_EQUAL = 1
_AT_ONCE = 64
_Reference = POINTER(c_void_p)

_CALLS: dict[str, tuple[type | None, list[type]]] = {
    "rados_create2": (c_int, [_Reference, c_char_p, c_char_p, c_uint64]),
    "rados_conf_read_file": (c_int, [c_void_p, c_char_p]),
    "rados_conf_set": (c_int, [c_void_p, c_char_p, c_char_p]),
    "rados_connect": (c_int, [c_void_p]),
    "rados_shutdown": (None, [c_void_p]),
    "rados_ioctx_create": (c_int, [c_void_p, c_char_p, _Reference]),
    "rados_ioctx_destroy": (None, [c_void_p]),
    "rados_ioctx_set_namespace": (None, [c_void_p, c_char_p]),
    "rados_create_write_op": (c_void_p, []),
    "rados_release_write_op": (None, [c_void_p]),
    "rados_write_op_assert_exists": (None, [c_void_p]),
    "rados_write_op_create": (None, [c_void_p, c_int, c_char_p]),
    "rados_write_op_write_full": (None, [c_void_p, c_void_p, c_size_t]),
    "rados_write_op_remove": (None, [c_void_p]),
    "rados_write_op_setxattr": (None, [c_void_p, c_char_p, c_char_p, c_size_t]),
    "rados_write_op_cmpxattr": (None, [c_void_p, c_char_p, c_uint8, c_char_p, c_size_t]),
    "rados_write_op_operate": (c_int, [c_void_p, c_void_p, c_char_p, c_void_p, c_int]),
    "rados_aio_create_completion": (c_int, [c_void_p, c_void_p, c_void_p, _Reference]),
    "rados_aio_write_op_operate": (
        c_int,
        [c_void_p, c_void_p, c_void_p, c_char_p, c_void_p, c_int],
    ),
    "rados_aio_wait_for_complete": (c_int, [c_void_p]),
    "rados_aio_get_return_value": (c_int, [c_void_p]),
    "rados_aio_release": (None, [c_void_p]),
    "rados_read": (c_int, [c_void_p, c_char_p, c_void_p, c_size_t, c_uint64]),
    "rados_stat": (c_int, [c_void_p, c_char_p, POINTER(c_uint64), POINTER(ctypes.c_long)]),
    "rados_getxattr": (c_int, [c_void_p, c_char_p, c_char_p, c_void_p, c_size_t]),
    "rados_nobjects_list_open": (c_int, [c_void_p, _Reference]),
    "rados_nobjects_list_next": (c_int, [c_void_p, POINTER(c_char_p), c_void_p, c_void_p]),
    "rados_nobjects_list_close": (None, [c_void_p]),
}


@cache
def _library() -> ctypes.CDLL:
    try:
        found = ctypes.CDLL("librados.so.2")
    except OSError as error:
        raise StoreFailed("Ceph's library is not installed: install librados2.") from error
    for name, (result, arguments) in _CALLS.items():
        call = getattr(found, name)
        call.restype, call.argtypes = result, arguments
    return found


def fault_of(code: int) -> StoreFault:
    """Name a negative answer of the library in the words of the store."""
    if -code in _FULL:
        return StoreFull("There is no space left in the store.")
    return StoreFailed(f"Ceph does not do it: {os.strerror(-code)}.")


def checked(code: int, *allowed: int) -> int:
    """Answer a code, negative only where that is allowed; raise the fault otherwise."""
    if code < 0 and -code not in allowed:
        raise fault_of(code)
    return code


class Change:
    """Steps on one object that happen together or not at all."""

    def __init__(self) -> None:
        self._lib = _library()
        self.handle = c_void_p(self._lib.rados_create_write_op())

    def __del__(self) -> None:
        self._lib.rados_release_write_op(self.handle)

    def only_if_there(self) -> "Change":
        """Fail with ENOENT where there is no object."""
        self._lib.rados_write_op_assert_exists(self.handle)
        return self

    def only_if(self, label: bytes, value: bytes) -> "Change":
        """Fail with ECANCELED unless a label has a value."""
        self._lib.rados_write_op_cmpxattr(self.handle, label, _EQUAL, value, len(value))
        return self

    def create(self, data: Buffer) -> "Change":
        """Make the object; fail with EEXIST where it is there."""
        self._lib.rados_write_op_create(self.handle, _EXCLUSIVE, None)
        return self.replace(data)

    def replace(self, data: Buffer) -> "Change":
        """Give the object another content, whether it is there or not."""
        self._lib.rados_write_op_write_full(self.handle, _pointer(data), len(data))
        return self

    def label(self, label: bytes, value: bytes) -> "Change":
        """Set a label of the object."""
        self._lib.rados_write_op_setxattr(self.handle, label, value, len(value))
        return self

    def remove(self) -> "Change":
        """Remove the object."""
        self._lib.rados_write_op_remove(self.handle)
        return self


def _pointer(data: Buffer) -> object:
    """Answer where a buffer's bytes lie; the library copies them at once."""
    view = memoryview(data)
    return bytes(view) if view.readonly else byref((c_char * len(view)).from_buffer(view))


class Pool:
    """A connection to a cluster, and one pool of it."""

    def __init__(self, pool: str, user: str, options: Mapping[str, str], conf: str = "") -> None:
        """Connect; wait no longer than the options of the cluster say."""
        self._lib = _library()
        self._cluster, self._io = c_void_p(), c_void_p()
        lib = self._lib
        checked(lib.rados_create2(byref(self._cluster), b"ceph", user.encode(), 0))
        if conf:
            checked(lib.rados_conf_read_file(self._cluster, conf.encode()))
        for name, value in options.items():
            checked(lib.rados_conf_set(self._cluster, name.encode(), value.encode()))
        checked(lib.rados_connect(self._cluster))
        checked(lib.rados_ioctx_create(self._cluster, pool.encode(), byref(self._io)))

    def use_namespace(self, name: str) -> None:
        """See and make only the objects of a part of the pool."""
        self._lib.rados_ioctx_set_namespace(self._io, name.encode())

    def apply(self, name: str, change: Change) -> int:
        """Make a change durable; answer 0 or a negative code."""
        return int(
            self._lib.rados_write_op_operate(
                change.handle, self._io, name.encode(), None, _TRY_WHEN_FULL
            )
        )

    def apply_all(self, changes: Iterable[tuple[str, Change]]) -> list[int]:
        """Make many changes, some dozens under way at once; answer their codes in order."""
        codes: list[int] = []
        waiting: list[tuple[c_void_p, Change]] = []
        for name, change in changes:
            waiting.append((self._begin(name, change), change))
            if len(waiting) == _AT_ONCE:
                codes.append(self._end(waiting.pop(0)[0]))
        return codes + [self._end(completion) for completion, _ in waiting]

    def read(self, name: str, offset: int, target: memoryview) -> int:
        """Fill a buffer from an offset on; answer the bytes that were there, or a code."""
        where = byref((c_char * len(target)).from_buffer(target))
        return int(self._lib.rados_read(self._io, name.encode(), where, len(target), offset))

    def stat(self, name: str) -> tuple[int, int, int]:
        """Answer a code, the size, and when the object changed, in seconds since 1970."""
        size, changed = c_uint64(), ctypes.c_long()
        code = self._lib.rados_stat(self._io, name.encode(), byref(size), byref(changed))
        return int(code), size.value, changed.value

    def label(self, name: str, label: bytes) -> tuple[int, bytes]:
        """Answer a code and the value of a label."""
        room = ctypes.create_string_buffer(256)
        code = self._lib.rados_getxattr(self._io, name.encode(), label, room, len(room))
        return int(code), room.raw[: max(0, code)]

    def names(self) -> Iterator[str]:
        """Walk the names of all objects."""
        walk, entry = c_void_p(), c_char_p()
        checked(self._lib.rados_nobjects_list_open(self._io, byref(walk)))
        try:
            while True:
                code = self._lib.rados_nobjects_list_next(walk, byref(entry), None, None)
                if checked(code, errno.ENOENT) < 0:
                    return
                yield (entry.value or b"").decode(errors="replace")
        finally:
            self._lib.rados_nobjects_list_close(walk)

    def close(self) -> None:
        """End the connection."""
        self._lib.rados_ioctx_destroy(self._io)
        self._lib.rados_shutdown(self._cluster)

    def _begin(self, name: str, change: Change) -> c_void_p:
        completion = c_void_p()
        lib = self._lib
        checked(lib.rados_aio_create_completion(None, None, None, byref(completion)))
        checked(
            lib.rados_aio_write_op_operate(
                change.handle, self._io, completion, name.encode(), None, _TRY_WHEN_FULL
            )
        )
        return completion

    def _end(self, completion: c_void_p) -> int:
        self._lib.rados_aio_wait_for_complete(completion)
        code = int(self._lib.rados_aio_get_return_value(completion))
        self._lib.rados_aio_release(completion)
        return code
