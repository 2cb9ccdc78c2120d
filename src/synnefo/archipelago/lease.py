"""One writer for a volume: a lock file for the node, a kernel lock for the process.

The file `NAME_lock` names the node that owns the volume; it is made by `link`, so it appears
whole or not at all on every POSIX filesystem, shared ones too. It outlives the death of its
node: an administrator breaks it (`vlmc unlock --force`) after making sure the other side is
gone. Within the node the kernel's lock on that very file names the process, and ends with it.
Spec: volumes 3.9, 4.1.
"""

import contextlib
import fcntl
import os
from pathlib import Path

from synnefo.archipelago.faults import LeaseLost, VolumeBusy, VolumeFault
from synnefo.blocks.durable import Medium, write_all

_OWNER_BYTES = 256


class Lease:
    """The right to write one volume, held by this process."""

    def __init__(self, path: Path, fd: int, name: str) -> None:
        self._path = path
        self._fd = fd
        self._name = name

    def verify(self) -> None:
        """Refuse to go on when the lock has been broken; asked before every map write."""
        try:
            held = self._path.stat().st_ino == os.fstat(self._fd).st_ino
        except FileNotFoundError:
            held = False
        if not held:
            raise LeaseLost(f"The lock of volume {self._name} was broken: writing has stopped.")

    def release(self) -> None:
        """Let go; a lock that was broken meanwhile belongs to somebody else and stays."""
        with contextlib.suppress(LeaseLost):
            self.verify()
            self._path.unlink(missing_ok=True)
        os.close(self._fd)

    def abandon(self) -> None:
        """Let go as a killed process would: the node keeps the lock."""
        os.close(self._fd)


class Leases:
    """The lock files of all volumes, seen by one node."""

    def __init__(self, root: Path, owner: str, medium: Medium) -> None:
        """Use a directory of lock files for a node named `owner`."""
        self._root = root
        self._owner = owner
        self._medium = medium
        root.mkdir(parents=True, exist_ok=True)

    def acquire(self, name: str, *, durable: bool = True) -> Lease:
        """Become the one writer of a volume, or raise VolumeBusy; never waits.

        A lease that need not survive a power cut, because only a moment's work hangs on it, is
        had sooner.
        """
        while True:
            self.lock(name, durable=durable)
            path = self._path(name)
            try:
                fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            lease = Lease(path, fd, name)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                lease.verify()
            except BlockingIOError:
                os.close(fd)
                raise VolumeBusy(f"Volume {name} is in use by another process here.") from None
            except LeaseLost:
                os.close(fd)
                continue
            return lease

    def lock(self, name: str, *, durable: bool = True) -> None:
        """Make this node the owner; again is no fault, another owner is.

        A lock file without an owner is what a power cut left of one, and nobody's.
        """
        path = self._path(name)
        temporary = self._root / f".{name}.{os.getpid()}"
        for _ in range(100):
            owner = self.owner(name)
            if owner == self._owner:
                return
            if owner:
                raise VolumeBusy(f"Volume {name} is locked by {owner}.")
            self._clear_void(path)
            self._claim(path, temporary, durable=durable)
        raise VolumeBusy(f"Volume {name} is being locked and unlocked by others.")

    def _clear_void(self, path: Path) -> None:
        """Take away a lock without an owner; one that has an owner by now is put back."""
        aside = self._root / f".{path.name}.{os.getpid()}.void"
        try:
            if path.stat().st_size:
                return
            path.rename(aside)
        except FileNotFoundError:
            return
        if aside.stat().st_size:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(aside)
        aside.unlink()

    def _claim(self, path: Path, temporary: Path, *, durable: bool) -> None:
        """Put our lock there unless somebody's is; which of the two, the caller looks."""
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            write_all(fd, self._owner.encode())
            if durable:
                self._medium.sync_file(fd)
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(temporary)
        finally:
            os.close(fd)
            temporary.unlink()

    def unlock(self, name: str, *, force: bool = False) -> None:
        """Take a node's ownership away; of another node only by force."""
        owner = self.owner(name)
        if not owner:
            raise VolumeFault(f"Volume {name} is not locked.")
        if owner != self._owner and not force:
            raise VolumeBusy(f"Volume {name} is locked by {owner}; --force breaks its lock.")
        if not force:
            self._refuse_if_in_use(name)
        self._path(name).unlink(missing_ok=True)

    def owner(self, name: str) -> str:
        """Tell which node owns a volume; empty when nobody does."""
        try:
            with self._path(name).open("rb", buffering=0) as file:
                return file.read(_OWNER_BYTES).decode(errors="replace")
        except FileNotFoundError:
            return ""

    def _refuse_if_in_use(self, name: str) -> None:
        self.acquire(name).abandon()

    def _path(self, name: str) -> Path:
        return self._root / f"{name}_lock"
