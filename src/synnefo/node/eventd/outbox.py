"""News that are not on the bus yet; kept in memory, for the job queue itself is on disk."""

import contextlib
import threading
from collections import OrderedDict
from itertools import islice
from pathlib import Path

from synnefo.kit import clock
from synnefo.kit.logs import get_logger
from synnefo.node.event_sender import Message

log = get_logger(__name__)

MOST = 20_000
"""Messages kept while no broker answers; older ones are left to the sweeps."""
_PAUSE = 2.0


class MemoryOutbox:
    """Messages in order, and a file that says up to when all of them were sent."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._messages: OrderedDict[int, Message] = OrderedDict()
        self._next = 1
        self._noted = 0.0

    def put(self, message: Message) -> None:
        """Add a message; the oldest makes room when there are too many."""
        with self._lock:
            self._messages[self._next] = message
            self._next += 1
            if len(self._messages) > MOST:
                self._messages.popitem(last=False)
                log.error("news dropped: no broker answers for too long", kept=MOST)

    def waiting(self, limit: int) -> list[tuple[int, Message]]:
        """Answer the oldest messages."""
        with self._lock:
            return list(islice(self._messages.items(), limit))

    def sent(self, up_to: int) -> None:
        """Forget the messages up to a number."""
        with self._lock:
            while self._messages and next(iter(self._messages)) <= up_to:
                self._messages.popitem(last=False)

    def note_quiet(self) -> None:
        """Note that all is told, if it is; not more often than every few seconds."""
        now = clock.monotonic()
        if self._messages or now - self._noted < _PAUSE:
            return
        self._noted = now
        try:
            self._state.parent.mkdir(parents=True, exist_ok=True)
            self._state.touch()
        except OSError as error:
            log.warning("state not kept", file=str(self._state), reason=str(error))

    def told_until(self) -> float | None:
        """Tell up to when (seconds since 1970) all was told; None when nobody knows."""
        with contextlib.suppress(OSError):
            return self._state.stat().st_mtime
        return None
