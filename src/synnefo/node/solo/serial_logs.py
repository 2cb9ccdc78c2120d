"""What guests write to their serial consoles: kept within bounds, read from the end."""

import shutil
from pathlib import Path

NAME = "console.log"
_OLDER = "console.old"


def trim(machine: Path, limit: int) -> None:
    """Keep a machine's log within about `limit` bytes: half of it moves aside."""
    log = machine / NAME
    try:
        if log.stat().st_size <= limit // 2:
            return
        shutil.copyfile(log, machine / _OLDER)
        with log.open("r+b") as sink:
            sink.truncate(0)
    except FileNotFoundError:
        return


def tail(machine: Path, length: int) -> bytes:
    """Read the last `length` bytes of a machine's log."""
    newest = _end_of(machine / NAME, length)
    missing = length - len(newest)
    return _end_of(machine / _OLDER, missing) + newest if missing else newest


def _end_of(path: Path, length: int) -> bytes:
    try:
        with path.open("rb") as source:
            size = source.seek(0, 2)
            source.seek(max(0, size - length))
            return source.read(length)
    except OSError:
        return b""
