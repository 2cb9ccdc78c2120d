"""One volume as this node may use it at the moment: to write, or only to look at.

A volume that is attached here is looked at without a lock. The first write takes the lease and
waits for it if need be. While a machine migrates, two nodes have its volume attached: whoever
needs to write asks in a file beside the lock, and the holder, if it was told to share, flushes and
lets go. A writer always starts from the map as it is once the lease is its own, so no write is
lost whichever way the lease wanders. Spec: volumes 3.8, 8, 13.
"""

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

from synnefo.archipelago.faults import VolumeBusy, VolumeFault
from synnefo.archipelago.shelf import Shelf
from synnefo.archipelago.volume import Volume, open_volume
from synnefo.blocks.port import StoreFault
from synnefo.kit.logs import get_logger

_LOOK_AGAIN = 0.005
_ASK_AGAIN = 0.5
_HEAR = 0.01
_YIELD = 0.2

_log = get_logger(__name__)


class Access:
    """A volume that is attached on this node; hold `lock` around every use of `volume`."""

    def __init__(self, shelf: Shelf, name: str) -> None:
        """Look at the volume; one that this node held already is opened for writing again."""
        self.name = name
        self.lock = threading.RLock()
        self.is_shared = False
        self._shelf = shelf
        self._wish = Wish(shelf.places.volumes / "locks" / f"{name}_wish")
        self._seen: tuple[int, ...] = ()
        self._yields_until = 0.0
        self.volume: Volume = self._look()
        if shelf.leases.owner(name) == shelf.places.owner:
            self.try_to_write()

    @property
    def needs_lease(self) -> bool:
        """Tell whether a write would have to wait for the lease."""
        return not self.volume.is_writable and not self.volume.header.is_readonly

    @property
    def hears_every(self) -> float | None:
        """Tell how often to call `hand_over`, in seconds; None when there is no need."""
        return _HEAR if self.is_shared else None

    def fresh(self) -> Volume:
        """Give the volume as its map is now: what is looked at only may change under us."""
        if self.needs_lease and self._seen != self._stamp():
            self._replace(self._look())
        return self.volume

    def try_to_write(self) -> bool:
        """Take the lease if nobody else has it, and the map as it is then."""
        with self.lock:
            if not self.needs_lease:
                return True
            try:
                volume = open_volume(self._shelf, self.name)
            except VolumeBusy:
                return False
            self._replace(volume)
            self._wish.withdraw()
            return True

    def write_now(self) -> Volume:
        """Give the volume for writing; VolumeBusy when another node has it."""
        if not self.try_to_write():
            owner = self._shelf.leases.owner(self.name)
            raise VolumeBusy(f"Volume {self.name} is locked by {owner}.")
        return self.volume

    def await_lease(self, is_given_up: Callable[[], bool]) -> bool:
        """Wait until this node may write, asking the holder; False when there is no more need."""
        begun = ask_at = time.monotonic()
        while self._yields() or not self.try_to_write():
            if is_given_up():
                self._wish.withdraw()
                return False
            if not self._yields() and time.monotonic() >= ask_at:
                self._wish.say(self._shelf.places.owner)
                ask_at = time.monotonic() + _ASK_AGAIN
            time.sleep(_LOOK_AGAIN)
        waited = round((time.monotonic() - begun) * 1000)
        _log.info("lease taken", volume=self.name, waited_ms=waited)
        return True

    def hand_over(self) -> None:
        """Let go of the lease if another node asks for it and this one was told to share."""
        if not (self.is_shared and self.volume.is_writable):
            return
        if not self._wish.is_news(self._shelf.places.owner):
            return
        try:
            self.let_go()
            self._yields_until = time.monotonic() + _YIELD
        except (OSError, VolumeFault, StoreFault) as error:
            _log.error("lease kept", volume=self.name, reason=str(error))

    def _yields(self) -> bool:
        """Tell whether the lease was given a moment ago to somebody who has not come for it."""
        return time.monotonic() < self._yields_until and self._wish.stands

    def let_go(self) -> None:
        """Flush, give the lease back, and look on."""
        with self.lock:
            if not self.volume.is_writable:
                return
            self.volume.flush()
            self.volume.close()
            self._replace(self._look(), is_closed=True)
            _log.info("lease given", volume=self.name)

    def take_from_the_dead(self, offline: Path) -> Volume:
        """Take the lease for writing; of a node that its cluster calls offline, by force.

        An administrator who marks a node offline states that it runs nothing any more.
        """
        owner = self._shelf.leases.owner(self.name)
        if owner not in {"", self._shelf.places.owner} and owner in _lines(offline):
            _log.warning("lease broken", volume=self.name, owner=owner)
            self._shelf.leases.unlock(self.name, force=True)
        return self.write_now()

    def close(self) -> None:
        """Flush, and let go of everything."""
        self._wish.withdraw()
        self.volume.close()

    def _look(self) -> Volume:
        self._seen = self._stamp()
        return open_volume(self._shelf, self.name, writing=False)

    def _replace(self, volume: Volume, *, is_closed: bool = False) -> None:
        if not is_closed:
            self.volume.close()
        volume.lock = self.lock
        self.volume = volume

    def _stamp(self) -> tuple[int, ...]:
        """Tell one state of the map's file from another: it is replaced, or grows."""
        facts = self._shelf.map_path(self.name).stat()
        return facts.st_ino, facts.st_size, facts.st_mtime_ns


class Wish:
    """The file in which a node says that it needs a lease; what it says never repeats."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._heard = self._read()
        self._said = ""

    def say(self, owner: str) -> None:
        """Ask for the lease, for the first time or again."""
        self._said = f"{secrets.token_hex(8)} {owner}"
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        temporary.write_text(self._said, encoding="utf-8")
        temporary.replace(self._path)

    def withdraw(self) -> None:
        """Ask no more."""
        if self._said and self._read() == self._said:
            self._path.unlink(missing_ok=True)
        self._said = ""

    def is_news(self, owner: str) -> bool:
        """Tell whether another node asks, once for each time that it asked."""
        told = self._read()
        if not told or told == self._heard:
            return False
        self._heard = told
        return told.partition(" ")[2] != owner

    @property
    def stands(self) -> bool:
        """Tell whether what was heard last is still asked for."""
        return bool(self._heard) and self._read() == self._heard

    def _read(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return self._path.read_text(encoding="utf-8")
        return ""


def _lines(path: Path) -> set[str]:
    try:
        return set(path.read_text(encoding="utf-8").split())
    except OSError:
        return set()
