"""What a person sees while a cloud starts: a line a step, with its time."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Step:
    """One step in the making; it may say something when it is done."""

    def __init__(self) -> None:
        self.note = ""


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Show a step while it runs, and how long it took."""
    live = sys.stdout.isatty()
    if live:
        sys.stdout.write(f"  … {title}")
        sys.stdout.flush()
    started, current = time.monotonic(), Step()
    try:
        yield current
    except BaseException:
        sys.stdout.write(_line("✗", title, "", started, live=live))
        raise
    sys.stdout.write(_line("✓", title, current.note, started, live=live))
    sys.stdout.flush()


def _line(mark: str, title: str, note: str, started: float, *, live: bool) -> str:
    said = f"{title}: {note}" if note else title
    start = "\r\033[K" if live else ""
    return f"{start}  {mark} {said:<64} {time.monotonic() - started:5.1f} s\n"


def tell(text: str) -> None:
    """Print one line of its own."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
