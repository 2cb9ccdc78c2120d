"""Processes found again by their pid files, and never mistaken for others."""

import os
import select
import signal
from pathlib import Path


def pid_with(pid_file: Path, argument: str) -> int | None:
    """Read the process that a pid file names, if it is alive and has that argument."""
    try:
        pid = int(pid_file.read_text())
    except (OSError, ValueError):
        return None
    return pid if _has_argument(pid, argument) else None


def pid_of(pid_file: Path) -> int | None:
    """Read the process that a pid file names, if it is alive and was started with that file."""
    return pid_with(pid_file, str(pid_file))


def end_pid(pid: int, *, by: signal.Signals | None, within: float) -> bool:
    """Send a process a signal, if any, and wait for its end; True once it is gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        if by is not None:
            signal.pidfd_send_signal(handle, by)
        readable, _, _ = select.select([handle], [], [], within)
        return bool(readable)
    except ProcessLookupError:
        return True
    finally:
        os.close(handle)


def end(pid_file: Path, *, by: signal.Signals | None, within: float) -> bool:
    """Send the process of a pid file a signal, if any, and wait; True once it is gone."""
    pid = pid_of(pid_file)
    return True if pid is None else end_pid(pid, by=by, within=within)


def kill(pid_file: Path) -> None:
    """End a process at once."""
    end(pid_file, by=signal.SIGKILL, within=10.0)


def _has_argument(pid: int, argument: str) -> bool:
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(argument) in arguments
