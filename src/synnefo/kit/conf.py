"""Settings: Python files run in name order in one namespace, read as typed slices.

Spec: operations 2. `load()` runs the files and remembers which file last set each name;
`of(Struct)` answers one component's slice as its frozen struct.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

DEFAULT_DIRECTORY = "/etc/synnefo"
_FIELD = re.compile(r"`\$\.?([^`]*)`")


class SettingsError(Exception):
    """The settings cannot be used; the message names the file and says why."""


class Settings:
    """All settings of one process."""

    def __init__(self, defaults: dict[str, Any] | None = None) -> None:
        self.names: dict[str, Any] = dict(defaults or {})
        self.origin: dict[str, str] = dict.fromkeys(self.names, "default")
        self._slices: dict[type[msgspec.Struct], msgspec.Struct] = {}

    def run(self, file: Path) -> None:
        """Run one settings file in the common namespace. Spec: operations 2.2."""
        before = {name: _fingerprint(value) for name, value in self.names.items()}
        try:
            source = file.read_text(encoding="utf-8")
        except OSError as error:
            raise SettingsError(
                f"Cannot read {file}: {error.strerror}. Check its mode."
            ) from error
        self.names["__file__"] = str(file)
        try:
            exec(compile(source, str(file), "exec"), self.names)  # noqa: S102 - settings are Python
        except Exception as error:
            raise SettingsError(_where(file, error)) from error
        self.names.pop("__builtins__", None)
        self.names.pop("__file__", None)
        for name, value in self.names.items():
            if name not in before or before[name] != _fingerprint(value):
                self.origin[name] = str(file)

    def of(self, kind: type[S]) -> S:
        """Answer one component's slice, checked."""
        found = self._slices.get(kind)
        if found is None:
            found = self._slices[kind] = self._convert(kind)
        return found  # type: ignore[return-value] # each slice is kept under its own type

    def put(self, value: msgspec.Struct) -> None:
        """Replace one slice as a whole."""
        self._slices[type(value)] = value

    def _convert(self, kind: type[S]) -> S:
        wanted = {
            field.encode_name: self.names[field.encode_name]
            for field in msgspec.structs.fields(kind)
            if field.encode_name in self.names
        }
        try:
            return msgspec.convert(wanted, kind)
        except msgspec.ValidationError as error:
            raise SettingsError(self._explain(error)) from error

    def _explain(self, error: msgspec.ValidationError) -> str:
        found = _FIELD.search(str(error))
        name = found[1] if found else "?"
        told = _FIELD.sub("", str(error)).replace(" - at ", "").lower()
        file = Path(self.origin.get(name.split("[")[0].split(".")[0], "default")).name
        return f"{name}: {told}, in {file}"


def _fingerprint(value: Any) -> str:
    return f"{id(type(value))}:{value!r}"


def _where(file: Path, error: Exception) -> str:
    line = getattr(error, "lineno", None)
    trace = error.__traceback__
    while line is None and trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
            break
        trace = trace.tb_next
    return f"{file}, line {line or '?'}: {type(error).__name__}: {error}"


_current: list[Settings] = []


def directory() -> Path:
    """Tell where the settings files lie."""
    return Path(os.environ.get("SYNNEFO_SETTINGS_DIR", DEFAULT_DIRECTORY))


def files(folder: Path) -> list[Path]:
    """List the settings files of a folder in the order in which they run."""
    if not folder.exists() and "SYNNEFO_SETTINGS_DIR" not in os.environ:
        return []
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".conf")
    except OSError as error:
        raise SettingsError(f"Cannot list the settings in {folder}: {error.strerror}.") from error


def load(defaults: dict[str, Any] | None = None, paths: Sequence[Path] | None = None) -> Settings:
    """Run every settings file and make the outcome this process' settings."""
    settings = Settings(defaults)
    for path in files(directory()) if paths is None else paths:
        settings.run(path)
    _current[:] = [settings]
    return settings


def current() -> Settings:
    """Answer this process' settings, loading them at first use."""
    return _current[0] if _current else load()


def of(kind: type[S]) -> S:
    """Answer one component's slice of the settings."""
    return current().of(kind)


@contextmanager
def override(kind: type[S], **changes: Any) -> Iterator[S]:
    """Change fields of one slice for a while; for tests and one-off commands."""
    settings = current()
    before = settings.of(kind)
    changed = msgspec.structs.replace(before, **changes)
    settings.put(changed)
    try:
        yield changed
    finally:
        settings.put(before)
