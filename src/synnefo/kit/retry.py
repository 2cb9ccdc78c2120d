"""Trying again, with a pause that grows."""

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


def delays(first: float = 0.1, limit: float = 30.0) -> Iterator[float]:
    """Give pauses in seconds that double up to a limit, each shaken by a fifth."""
    pause = first
    while True:
        yield pause * random.uniform(0.8, 1.2)
        pause = min(pause * 2, limit)


def retry(
    call: Callable[[], T],
    *,
    on: tuple[type[Exception], ...],
    attempts: int = 3,
    first_delay: float = 0.1,
) -> T:
    """Call until it succeeds or `attempts` are used up; only `on` is tried again."""
    for attempt, pause in enumerate(delays(first_delay), start=1):
        try:
            return call()
        except on:
            if attempt >= attempts:
                raise
            time.sleep(pause)
    raise AssertionError("delays never end")
