"""Waiting until something changes on either side."""

import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles import Change, watch

from kamaki.sync.state import PLACE

SETTLE_MS = 800
"""For how long nothing may change before a change counts as over."""


class Watch:
    """Tells when a round is due: a local change, or a while since the last look there."""

    def __init__(self, folder: Path, *, interval: float) -> None:
        self._interval = interval
        self._due = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(folder,), daemon=True)
        self._thread.start()

    def _look(self, folder: Path) -> None:
        for _changes in watch(
            folder,
            watch_filter=_outside(folder / PLACE),
            debounce=SETTLE_MS,
            stop_event=self._stop,
            raise_interrupt=False,
        ):
            self._due.set()

    def wait(self, has_changed_there: Callable[[], bool]) -> None:
        """Return when there may be something to do."""
        while not self._due.wait(self._interval):
            if has_changed_there():
                break
        self._due.clear()

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join(5)


def _outside(place: Path) -> Callable[[Change, str], bool]:
    return lambda _change, path: not Path(path).is_relative_to(place)
