"""What is told of a deployment while it runs: to the progress monitor and to the log.

Spec: images-and-nodes 1.12.
"""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import IO

_LEAVE_SECONDS = 5.0


class Monitor:
    """Writes one JSON object on a line."""

    def __init__(self, sink: IO[str] | None) -> None:
        """Write to a program's input, or to the log when there is none."""
        self._sink = sink

    def info(self, *messages: str) -> None:
        """Tell what goes on."""
        self._tell("image-info", messages=list(messages))

    def error(self, *messages: str) -> None:
        """Tell why it went wrong."""
        self._tell("image-error", messages=list(messages))

    def copied(self, position: int, total: int) -> None:
        """Tell how far the copy has come, in bytes."""
        percent = round(100.0 * position / total, 2) if total else 100.0
        self._tell("image-copy-progress", position=position, total=total, progress=percent)

    def helper(self, subtype: str, **more: object) -> None:
        """Tell what the helper said."""
        self._tell("image-helper", subtype=subtype, **more)

    def _tell(self, kind: str, **facts: object) -> None:
        line = json.dumps({"type": kind, "timestamp": time.time(), **facts})
        if self._sink is None:
            sys.stderr.write(f"[MONITOR] {line}\n")
            return
        try:
            self._sink.write(line + "\n")
            self._sink.flush()
        except (BrokenPipeError, ValueError):
            self._sink = None


@contextlib.contextmanager
def watched(program: str, instance: str) -> Iterator[Monitor]:
    """Run the monitor program of one deployment; without one all goes to the log."""
    if not program:
        yield Monitor(None)
        return
    try:
        process = subprocess.Popen([*program.split(), instance], stdin=subprocess.PIPE, text=True)
    except OSError as error:
        sys.stderr.write(f"The progress monitor does not start: {error}\n")
        yield Monitor(None)
        return
    try:
        yield Monitor(process.stdin)
    finally:
        with contextlib.suppress(BrokenPipeError):
            if process.stdin:
                process.stdin.close()
        try:
            process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
