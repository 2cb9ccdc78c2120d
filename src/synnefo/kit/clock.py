"""The one clock: aware UTC times, so that nobody mixes zones."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Tell the time, in UTC and aware of it."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Tell seconds that never go backwards, for measuring how long something takes."""
    return time.monotonic()


def from_timestamp(seconds: float) -> datetime:
    """Read seconds since 1970 as an aware UTC time."""
    return datetime.fromtimestamp(seconds, UTC)


def stamp(moment: datetime) -> str:
    """Write a time as compute, image and network show it: `2026-01-31T10:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_micro(moment: datetime) -> str:
    """Write a time as identity shows it: `2026-01-31T10:00:00.000000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
