"""The processes of a one-machine cloud: started in order, kept alive, stopped in reverse."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

LONGEST_PAUSE = 10.0
STOP_SECONDS = 15.0


class Program(msgspec.Struct, frozen=True):
    """One process to keep running."""

    name: str
    command: list[str]


class _Kept:
    """A program and its running process."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.pause = 0.5
        self.not_before = 0.0


class Supervisor:
    """Keeps programs running until told to stop."""

    def __init__(self, run: Path, log: Path, environment: Mapping[str, str]) -> None:
        self.run, self.log, self.environment = run, log, dict(environment)
        self._kept: list[_Kept] = []
        self.stopping = threading.Event()
        self.watching = False

    def start(self, program: Program) -> None:
        """Start a program and keep it."""
        kept = _Kept(program)
        self._kept.append(kept)
        self._spawn(kept)

    def watch(self) -> None:
        """Restart what dies, with a pause that grows, until `stopping` is set."""
        self.watching = True
        while not self.stopping.wait(0.25):
            for kept in self._kept:
                self._look_after(kept)

    def stop(self) -> None:
        """Stop every program in reverse order; kill those that do not go."""
        for kept in reversed(self._kept):
            process = kept.process
            if process is None or process.poll() is not None:
                continue
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._pid_file(kept).unlink(missing_ok=True)

    def _spawn(self, kept: _Kept) -> None:
        with (self.log / f"{kept.program.name}.log").open("ab") as out:
            kept.process = subprocess.Popen(
                kept.program.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
            )
        kept.started = time.monotonic()
        self._pid_file(kept).write_text(str(kept.process.pid))

    def _look_after(self, kept: _Kept) -> None:
        now = time.monotonic()
        if kept.process is not None and kept.process.poll() is None:
            if now - kept.started > 30:
                kept.pause = 0.5
            return
        if kept.process is not None:
            kept.process = None
            kept.not_before = now + kept.pause
            kept.pause = min(kept.pause * 2, LONGEST_PAUSE)
        if now >= kept.not_before:
            self._spawn(kept)

    def _pid_file(self, kept: _Kept) -> Path:
        return self.run / f"{kept.program.name}.pid"

    def alive(self, names: Sequence[str]) -> list[str]:
        """Tell which of some programs run."""
        return [
            kept.program.name
            for kept in self._kept
            if kept.program.name in names and kept.process and kept.process.poll() is None
        ]


def pid_of(file: Path) -> int | None:
    """Answer the process that a pid file names, when it runs."""
    try:
        pid = int(file.read_text())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid


def resident(pid: int) -> int:
    """Tell how much memory a process holds, in bytes, shared pages by their share."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0


def children(pid: int) -> list[int]:
    """List a process' children and theirs."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    own = [int(word) for word in text.split()]
    return own + [deeper for child in own for deeper in children(child)]
