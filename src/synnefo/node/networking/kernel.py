"""Commands on the node's kernel. An error of one step never stops the others."""

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from synnefo.kit.logs import get_logger

log = get_logger(__name__)
_SECONDS = 30


def attempt(*words: str, text: str = "") -> bool:
    """Run a command; log why it failed and answer whether it did not."""
    done = _run(words, text)
    if done is None or done.returncode:
        why = done.stderr.strip() if done is not None else "it took too long or is not there"
        log.warning("step failed", command=" ".join(words), why=why)
        return False
    return True


def quietly(*words: str) -> None:
    """Run a command that may well have nothing to do."""
    _run(words, "")


def output(*words: str) -> str:
    """Answer what a command prints; nothing when it fails."""
    done = _run(words, "")
    return done.stdout if done is not None and not done.returncode else ""


def _run(words: Sequence[str], text: str) -> "subprocess.CompletedProcess[str] | None":
    try:
        return subprocess.run(
            words, input=text, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def rules(text: str) -> bool:
    """Load packet rules, all or none of them."""
    return attempt("nft", "-f", "-", text=text)


def switch(name: str, value: str) -> None:
    """Set a kernel parameter, given as a path below /proc/sys."""
    try:
        Path("/proc/sys", name).write_text(value)
    except OSError as error:
        log.warning("step failed", command=f"{name} = {value}", why=str(error))


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one script of the node work at a time; the lock dies with its process."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
