"""Runs of commands, kept with what they printed. Spec: identity 16.1.

What names a secret is masked, in the command line and in what was printed. A log that cannot be
written stops no command.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO, cast

import msgspec

from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.serve.command_settings import CommandSettings

_NAMES = r"(?:password|passphrase|token|secret|api[-_]?key)"
_OPTION = re.compile(rf"^--?[\w-]*{_NAMES}[\w-]*$", re.IGNORECASE)
_OPTION_VALUE = re.compile(rf"^(--?[\w-]*{_NAMES}[\w-]*=).+$", re.IGNORECASE)
_WHEN = r"(?!\s+(?:created|expires|expiration))"
_KEY = rf"""\s*["']?[\w .-]*{_NAMES}{_WHEN}[\w .-]*["']?"""
_LINE = re.compile(rf"^({_KEY}\s*[:=,]\s*)\S.*$", re.IGNORECASE)


class Run(msgspec.Struct, frozen=True):
    """A run that ended: the command, its command line without secrets, its exit code."""

    command: str
    line: str
    code: int


_listeners: list[Callable[[Run], None]] = []


def on_run(listener: Callable[[Run], None]) -> Callable[[Run], None]:
    """Tell a function of each run that is kept, once it has ended."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def is_kept(command: str) -> bool:
    """Tell whether runs of a command are kept."""
    return not re.search(conf.of(CommandSettings).logger_exclude_commands, command)


def masked(arguments: Sequence[str]) -> list[str]:
    """Answer a command line without the values of options that name secrets."""
    shown, hide = [], False
    for argument in arguments:
        if hide and not argument.startswith("-"):
            shown.append("***")
        else:
            shown.append(_OPTION_VALUE.sub(r"\1***", argument))
        hide = bool(_OPTION.match(argument)) and not argument.startswith("--renew")
    return shown


def masked_line(line: str) -> str:
    """Answer a printed line without the secret that it tells, if it does."""
    return _LINE.sub(r"\1***", line)


@contextmanager
def kept(command: str, arguments: Sequence[str]) -> Iterator[None]:
    """Keep what a command prints in the log, and tell the listeners once it has ended."""
    if not is_kept(command):
        yield
        return
    line = " ".join(["snf-manage", command, *masked(arguments)])
    with _log(command, line) as log, _copied(log):
        code = 0
        try:
            yield
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
            raise
        except BaseException:
            code = 1
            raise
        finally:
            for listener in _listeners:
                listener(Run(command, line, code))


@contextmanager
def _log(command: str, line: str) -> Iterator[TextIO | None]:
    folder = Path(conf.of(CommandSettings).log_dir) / "commands"
    file = folder / f"{now():%y%m%d%H%M%S}_{command}_{os.getpid()}.log"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        sys.stderr.write(f"This run is not logged: {file} cannot be written: {error.strerror}.\n")
        yield None
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(f"{line}\n")
        yield out


@contextmanager
def _copied(log: TextIO | None) -> Iterator[None]:
    if log is None:
        yield
        return
    before = sys.stdout, sys.stderr
    copies = _Copy(before[0], log), _Copy(before[1], log)
    sys.stdout, sys.stderr = (cast("TextIO", copy) for copy in copies)  # a stream by its looks
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for copy in copies:
            copy.end()


class _Copy:
    """A stream that copies whole lines into a log, without the secrets in them."""

    def __init__(self, stream: TextIO, log: TextIO) -> None:
        self._stream, self._log, self._rest = stream, log, ""

    def write(self, text: str) -> int:
        """Write, and copy the lines that are whole."""
        *whole, self._rest = (self._rest + text).split("\n")
        self._keep(whole)
        return self._stream.write(text)

    def end(self) -> None:
        """Copy what is left."""
        self._keep([self._rest] if self._rest else [])

    def _keep(self, lines: Sequence[str]) -> None:
        with suppress(OSError, ValueError):
            self._log.writelines(masked_line(line) + "\n" for line in lines)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)
