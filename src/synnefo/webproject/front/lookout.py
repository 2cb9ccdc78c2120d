"""Threads that take turns at listening to every connection of a process.

One of them is the lookout. It waits for requests and answers the quick ones itself, one after the
other, with no other thread in the way. Before something that may take long it hands its post to
another thread; if an answer takes longer than it looked, whoever watches over the lookout
(`relieve`) does it for it. Then it finishes its work and rests until it is wanted again.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from synnefo.kit.logs import get_logger

log = get_logger(__name__)

T = TypeVar("T")


class _Hand:
    """One thread, and the bell that wakes it."""

    def __init__(self) -> None:
        self.bell = threading.Lock()
        self.bell.acquire()


class Crew(Generic[T]):
    """At most `size` threads, one of them on the lookout; as many again stand in for streams.

    `watch` is run by whoever has the post; it must return soon once `is_posted` is False.
    `leave` is told what the lookout is at when the post goes away in the middle of it; until it
    returns nobody else is posted.
    """

    def __init__(self, size: int, watch: Callable[[], None], leave: Callable[[T], None]) -> None:
        self._size = size
        self._spare = size
        self._watch = watch
        self._leave = leave
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._posted: _Hand | None = None
        self._resting: list[_Hand] = []
        self._threads = 0
        self._count = 0
        self._work: T | None = None
        self._seen = -1

    def start(self) -> None:
        """Post the first thread."""
        with self._lock:
            self._appoint()

    def is_posted(self) -> bool:
        """Tell whether the calling thread is the lookout."""
        return self._posted is not None and self._posted is getattr(self._mine, "hand", None)

    def begin(self, work: T) -> None:
        """Start a piece of work as the lookout."""
        self._count += 1
        self._work = work

    def end(self) -> bool:
        """End the piece of work; False when the post went to somebody else meanwhile."""
        with self._lock:
            if not self.is_posted():
                return False
            self._work = None
            return True

    def hand_on(self) -> None:
        """Give the post away, if the calling thread still has it."""
        with self._lock:
            if self.is_posted():
                self._change()

    def stand_in(self) -> bool:
        """Allow one thread more while the calling one waits for a reader; False at the limit."""
        with self._lock:
            if not self._spare:
                return False
            self._spare -= 1
            self._size += 1
            if self._posted is None:
                self._appoint()
            return True

    def come_back(self) -> None:
        """End what `stand_in` allowed."""
        with self._lock:
            self._spare += 1
            self._size -= 1

    def relieve(self) -> bool:
        """Post somebody else if the lookout is still at what it was at the last time.

        Called again and again while there is work; answers whether there is any.
        """
        with self._lock:
            if self._work is not None and self._count == self._seen:
                self._change()
            is_busy = self._count != self._seen or self._work is not None
            self._seen = self._count
            return is_busy

    def _change(self) -> None:
        if self._work is not None:
            self._leave(self._work)
            self._work = None
        self._appoint()

    def _appoint(self) -> None:
        self._posted = None
        if self._resting:
            self._posted = self._resting.pop()
            self._posted.bell.release()
        elif self._threads < self._size:
            hand = _Hand()
            thread = threading.Thread(target=self._live, args=(hand,), daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                log.warning("thread-not-started", error=str(error))
                return
            self._threads += 1
            self._posted = hand

    def _live(self, hand: _Hand) -> None:
        self._mine.hand = hand
        while True:
            with self._lock:
                if self._posted is None:
                    self._posted = hand
                is_resting = self._posted is not hand
                if is_resting:
                    self._resting.append(hand)
            if is_resting:
                hand.bell.acquire()
            while self._posted is hand:
                self._look()

    def _look(self) -> None:
        """Watch; what goes wrong there must never end the only thread that listens."""
        try:
            self._watch()
        except Exception:
            log.exception("lookout-failed")
