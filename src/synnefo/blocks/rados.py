"""A block store in a pool of a Ceph cluster: one object for each block, named like it.

A block's lease is a label of its object that holds a time, so "remove it unless it was renewed"
is one step of the cluster's own. Spec: object-storage 15.5.
"""

import errno
import os
import threading
import time
from collections.abc import Iterable, Iterator

import msgspec

from synnefo.blocks.hashing import BLOCK_SIZE, ZERO_NAME, Buffer, hash_block, is_name, strip
from synnefo.blocks.librados import Change, Pool, checked
from synnefo.blocks.port import BlockMissing

_LEASE = b"lease"


class Cluster(msgspec.Struct, frozen=True):
    """Which pool of which cluster, and how to come in."""

    pool: str
    conf: str = "/etc/ceph/ceph.conf"
    user: str = "client.admin"
    namespace: str = ""
    timeout: int = 30
    """Seconds after which a cluster that does not answer is a fault."""

    def connect(self) -> Pool:
        """Open a connection of one's own.

        A request that is late asks for a new map of the cluster; it must be late before it fails,
        or a disk that came back would not be found.
        """
        seconds = str(self.timeout)
        options = {
            "rados_osd_op_timeout": seconds,
            "rados_mon_op_timeout": seconds,
            "client_mount_timeout": seconds,
            "objecter_tick_interval": "0.5",
            "objecter_timeout": str(self.timeout / 4),
        }
        pool = Pool(self.pool, self.user, options, self.conf)
        if self.namespace:
            pool.use_namespace(self.namespace)
        return pool


class RadosStore:
    """Blocks as objects of a pool; connected by the first call of each process."""

    def __init__(self, cluster: Cluster, *, block_size: int = BLOCK_SIZE) -> None:
        """Use a pool as a store; nothing is asked of it yet."""
        self._cluster = cluster
        self._block_size = block_size
        self._connected: tuple[int, Pool] | None = None
        self._lock = threading.Lock()

    @property
    def block_size(self) -> int:
        """Tell the size of a full block in bytes."""
        return self._block_size

    def put(self, data: Buffer) -> str:
        """Store a block if it is new and return its name; durable on return."""
        name = hash_block(data)
        self.put_named(name, data)
        return name

    def put_named(self, name: str, data: Buffer) -> None:
        """Store a block whose name the caller has just computed with `hash_block`."""
        if len(data) > self._block_size:
            raise ValueError(f"A block holds at most {self._block_size} bytes, not {len(data)}.")
        if name == ZERO_NAME:
            return
        pool = self._pool()
        while not self._renew(pool, name):
            change = Change().create(strip(data)).label(_LEASE, _now())
            if checked(pool.apply(name, change), errno.EEXIST) >= 0:
                return

    def get(self, name: str) -> bytes:
        """Read a whole block without its trailing zeros."""
        if name == ZERO_NAME:
            return b""
        content = bytearray(self.size(name))
        self._fill(name, 0, memoryview(content))
        return bytes(content)

    def size(self, name: str) -> int:
        """Count the stored bytes of a block, trailing zeros not among them."""
        return 0 if name == ZERO_NAME else self._stat(name)[0]

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Read exactly `length` bytes, zeros past the stored content."""
        target = bytearray(length)
        self.read_into(name, offset, memoryview(target))
        return bytes(target)

    def read_into(self, name: str, offset: int, target: memoryview) -> None:
        """Fill the whole target from `offset` on, zeros past the stored content."""
        filled = 0 if name == ZERO_NAME else self._fill(name, offset, target)
        if filled < len(target):
            target[filled:] = bytes(len(target) - filled)

    def open(self, name: str) -> int:
        """Open a block for reading and return a descriptor that the caller closes."""
        content = self.get(name)
        fd = os.memfd_create(name)
        os.pwrite(fd, content, 0)
        return fd

    def has(self, name: str) -> bool:
        """Tell whether a block is here, without renewing its lease."""
        if name == ZERO_NAME or not is_name(name):
            return name == ZERO_NAME
        return checked(self._pool().stat(name)[0], errno.ENOENT) >= 0

    def missing(self, names: Iterable[str]) -> list[str]:
        """List the names that are not here, each once, in order; renew the lease of the others."""
        wanted = [name for name in dict.fromkeys(names) if name != ZERO_NAME]
        known = [name for name in wanted if is_name(name)]
        codes = self._pool().apply_all((name, _renewal()) for name in known)
        here = {
            name
            for name, code in zip(known, codes, strict=True)
            if checked(code, errno.ENOENT) >= 0
        }
        return [name for name in wanted if name not in here]

    def verify(self, name: str) -> bool:
        """Read a block and tell whether its content still makes its name."""
        return hash_block(self.get(name)) == name

    def names(self) -> Iterator[str]:
        """Walk the names of all stored blocks, in no order."""
        return (name for name in self._pool().names() if is_name(name))

    def idle_seconds(self, name: str) -> float:
        """Tell for how long nobody has stored or asked for this block."""
        return max(0.0, time.time() - float(self._lease(name)))

    def discard(self, name: str, *, idle: float = 0.0) -> bool:
        """Remove a block idle for so many seconds; False if it is gone or was renewed."""
        try:
            lease = self._lease(name)
        except BlockMissing:
            return False
        if time.time() - float(lease) < idle:
            return False
        change = Change().only_if(_LEASE, lease).remove()
        return checked(self._pool().apply(name, change), errno.ENOENT, errno.ECANCELED) >= 0

    def overwrite(self, name: str, data: Buffer) -> None:
        """Put sound content in the place of a damaged block's; durable on return."""
        _require_name(name)
        change = Change().replace(strip(data)).label(_LEASE, _now())
        checked(self._pool().apply(name, change))

    def set_aside(self, name: str) -> None:
        """Keep a damaged block as the object `damaged.NAME`, and miss it from now on."""
        try:
            content = self.get(name)
        except BlockMissing:
            return
        checked(self._pool().apply(f"damaged.{name}", Change().replace(content)))
        self.discard(name)

    def close(self) -> None:
        """End this process' connection, if it has one."""
        with self._lock:
            if self._connected is not None and self._connected[0] == os.getpid():
                self._connected[1].close()
            self._connected = None

    def _pool(self) -> Pool:
        """Answer this process' connection: one made before a fork is not used after it."""
        found = self._connected
        if found is not None and found[0] == os.getpid():
            return found[1]
        with self._lock:
            if self._connected is None or self._connected[0] != os.getpid():
                self._connected = (os.getpid(), self._cluster.connect())
            return self._connected[1]

    @staticmethod
    def _renew(pool: Pool, name: str) -> bool:
        return checked(pool.apply(name, _renewal()), errno.ENOENT) >= 0

    def _lease(self, name: str) -> bytes:
        """Answer when a block was last wanted; one that came another way gets a lease here."""
        _require_name(name)
        pool = self._pool()
        code, value = pool.label(name, _LEASE)
        if checked(code, errno.ENOENT, errno.ENODATA) == -errno.ENODATA:
            value = b"%.6f" % self._stat(name)[1]
            code = pool.apply(name, Change().only_if_there().label(_LEASE, value))
        if checked(code, errno.ENOENT) < 0:
            raise BlockMissing(name)
        return value

    def _stat(self, name: str) -> tuple[int, int]:
        _require_name(name)
        code, size, changed = self._pool().stat(name)
        if checked(code, errno.ENOENT) < 0:
            raise BlockMissing(name)
        return size, changed

    def _fill(self, name: str, offset: int, target: memoryview) -> int:
        _require_name(name)
        if not target:
            return 0
        code = self._pool().read(name, offset, target)
        if checked(code, errno.ENOENT) < 0:
            raise BlockMissing(name)
        return code


def _require_name(name: str) -> None:
    if not is_name(name):
        raise BlockMissing(name)


def _now() -> bytes:
    return b"%.6f" % time.time()


def _renewal() -> Change:
    return Change().only_if_there().label(_LEASE, _now())
