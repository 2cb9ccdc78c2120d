"""What is remembered for a few seconds, until something changes that it tells of.

Each process keeps its own; the mark of this host (`changes`) makes all of them forget at once.
"""

import threading
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import transaction

from synnefo.astakos.models import DATABASE
from synnefo.astakos.settings import AstakosSettings
from synnefo.kit import clock, conf
from synnefo.serve.http import revocations
from synnefo.serve.http.revocations import Mark

T = TypeVar("T")
Seconds = Callable[[AstakosSettings], float]
_all: list["Remembered[Any] | Kept[Any]"] = []


class Remembered(Generic[T]):
    """A value read anew when something changed, or when it is older than a setting says."""

    def __init__(self, read: Callable[[], T], ttl: Seconds) -> None:
        _all.append(self)
        self._read = read
        self._ttl = ttl
        self._lock = threading.Lock()
        self._kept: tuple[float, Mark, T] | None = None
        self._read_at = 0.0

    def get(self) -> T:
        """Answer the value, reading it anew when it is too old."""
        if _is_changing():
            return self._read()
        kept = self._kept
        mark = revocations.mark()
        if kept is not None and kept[0] > clock.monotonic() and kept[1] == mark:
            return kept[2]
        value = self._read()
        with self._lock:
            self._read_at = clock.monotonic()
            self._kept = (self._read_at + self._ttl(conf.of(AstakosSettings)), mark, value)
        return value

    def forget(self, older_than: float = 0.0) -> None:
        """Drop the value, unless it was read less than `older_than` seconds ago."""
        with self._lock:
            if clock.monotonic() - self._read_at >= older_than:
                self._kept = None


class Kept(Generic[T]):
    """Answers to the questions of the last seconds, at most `size` of them.

    Whoever puts one in takes `mark()` before reading what the answer is made of.
    """

    def __init__(self, ttl: Seconds, size: int) -> None:
        _all.append(self)
        self._ttl = ttl
        self._size = size
        self._lock = threading.Lock()
        self._answers: dict[Hashable, tuple[float, Mark, datetime | None, T]] = {}

    def get(self, question: Hashable) -> T | None:
        """Answer what was put in, unless something changed or its time is over."""
        found = self._answers.get(question)
        if found is None or _is_changing():
            return None
        until, mark, expires, answer = found
        if mark != revocations.mark() or until <= clock.monotonic():
            return None
        return None if expires is not None and expires <= clock.now() else answer

    def put(self, question: Hashable, answer: T, mark: Mark, expires: datetime | None) -> None:
        """Keep an answer; the oldest make place for it."""
        if _is_changing():
            return
        until = clock.monotonic() + self._ttl(conf.of(AstakosSettings))
        with self._lock:
            self._answers.pop(question, None)
            while len(self._answers) >= self._size:
                del self._answers[next(iter(self._answers))]
            self._answers[question] = (until, mark, expires, answer)

    def forget(self) -> None:
        """Drop all answers."""
        with self._lock:
            self._answers.clear()


def _is_changing() -> bool:
    """Tell whether this thread changed something that it did not commit yet, but sees itself."""
    return bool(transaction.get_connection(DATABASE).run_on_commit)


def mark() -> Mark:
    """Answer the mark as it is now; it moves with every change."""
    return revocations.mark()


def forget() -> None:
    """Read everything anew at the next question."""
    for kept in _all:
        kept.forget()
