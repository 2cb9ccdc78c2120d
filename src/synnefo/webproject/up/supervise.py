"""The processes of a one-machine cloud: started in order, kept alive, stopped in reverse."""

import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from synnefo.node.solo.processes import end_pid

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


def hold(file: Path) -> TextIO | None:
    """Write this process into a pid file and keep it locked; None when another one holds it."""
    held = file.open("a+")
    for _attempt in range(20):
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
            continue
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        return held
    held.close()
    return None


def holder(file: Path) -> int | None:
    """Answer the process that holds a pid file; a number that a crash left there is nobody's."""
    try:
        with file.open() as text:
            try:
                fcntl.flock(text, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(text.read())
    except (OSError, ValueError):
        return None
    return None


def pid_of(file: Path, settings: Path) -> int | None:
    """Answer the process that a pid file names, when it runs with these settings."""
    try:
        pid = int(file.read_text())
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if os.fsencode(f"SYNNEFO_SETTINGS_DIR={settings}") in environment else None


def end_orphans(run: Path, settings: Path) -> list[str]:
    """End the programs of a supervisor that was killed; answers their names."""
    ended = []
    for file in sorted(run.glob("*.pid")):
        pid = pid_of(file, settings)
        if pid is None or pid == os.getpid():
            continue
        if not end_pid(pid, by=signal.SIGTERM, within=STOP_SECONDS):
            end_pid(pid, by=signal.SIGKILL, within=STOP_SECONDS)
        file.unlink(missing_ok=True)
        ended.append(file.stem)
    return ended


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
