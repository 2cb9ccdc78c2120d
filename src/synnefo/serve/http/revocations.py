"""A mark that changes when a token ends, or means something else than before.

Callers are remembered for seconds (`remote_auth`). The identity service moves the mark, a file
that every process of the host looks at before it believes what it remembers; looking costs a
microsecond or two. Other hosts forget when their seconds are over.
"""

import os
from pathlib import Path

from synnefo.kit import conf
from synnefo.kit.logs import get_logger
from synnefo.serve.settings import ServeSettings

log = get_logger(__name__)

LONGEST = 1 << 20
"""Bytes that the file may have; each change adds one."""

Mark = tuple[int, int]


def mark() -> Mark:
    """Answer the mark as it is now; equal marks mean that nothing changed in between."""
    try:
        found = os.stat(_path())  # noqa: PTH116 - with every request; a Path would cost more
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def announce() -> None:
    """Move the mark; called after the commit of the change."""
    path = _path()
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            found = os.fstat(handle)
            if found.st_size >= LONGEST:
                os.ftruncate(handle, 0)
            os.write(handle, b".")
            if found.st_size == 0 and os.geteuid() == 0:
                _hand_over(handle, path)
        finally:
            os.close(handle)
    except OSError as error:
        log.warning("revocation-not-announced", error=str(error))


def _hand_over(handle: int, path: str) -> None:
    """Let the folder's owner write too: the operator's commands may be the first to move it."""
    owner = os.stat(os.path.dirname(path))  # noqa: PTH116, PTH120 - as above
    os.fchown(handle, owner.st_uid, owner.st_gid)


def _path() -> str:
    return f"{conf.of(ServeSettings).synnefo_data_dir}/run/revocations"
