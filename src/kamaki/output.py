"""What commands print: data on standard output, messages on standard error. Spec: kamaki 3."""

import json
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from synnefo.kit import clock

INDENT = 4


def size(number: float) -> str:
    """Write bytes with two decimals at most, in steps of 1024."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if number < 1024 or unit == "TiB":
            break
        number /= 1024
    return f"{number:.2f}".rstrip("0").rstrip(".") + unit


def clean(text: object) -> str:
    """Escape control characters, so that data cannot steer a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def emit_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=INDENT, ensure_ascii=False, default=str))


def emit_dict(value: Mapping[str, Any], depth: int = 0) -> None:
    """Print `key: value` lines, nested ones indented."""
    pad = " " * (INDENT * depth)
    for key, item in value.items():
        if key == "links":
            continue
        if isinstance(item, Mapping) and item:
            click.echo(f"{pad}{key}:")
            emit_dict(item, depth + 1)
        elif isinstance(item, list) and item and isinstance(item[0], Mapping):
            click.echo(f"{pad}{key}:")
            for one in item:
                emit_dict(one, depth + 1)
                click.echo("")
        else:
            shown = ", ".join(map(clean, item)) if isinstance(item, list) else clean(item)
            click.echo(f"{pad}{key}: {shown}")


def emit_items(items: Iterable[Mapping[str, Any]]) -> None:
    """Print each thing under a bold header of its id and name."""
    for item in items:
        head = " ".join(clean(item[key]) for key in ("id", "name") if key in item)
        click.echo(click.style(head, bold=True))
        emit_dict({k: v for k, v in item.items() if k not in {"id", "name"}}, 1)


def emit(value: Any, output_format: str | None) -> None:
    """Print a value as JSON if asked, else as people read it."""
    if output_format == "json":
        emit_json(value)
    elif isinstance(value, Mapping):
        emit_dict(value)
    elif isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
        emit_items(value)
    else:
        for one in value if isinstance(value, list) else [value]:
            click.echo(f" {clean(one)}")


def brief(rows: Iterable[Mapping[str, Any]], fields: Sequence[str]) -> list[Mapping[str, Any]]:
    """Keep the fields that a short list shows."""
    return [{field: row[field] for field in fields if field in row} for row in rows]


def say(message: str) -> None:
    """Tell about progress or results, beside the data."""
    click.echo(message, err=True)


class Bar:
    """A progress bar on standard error; silent when that is no terminal. Many threads may add."""

    def __init__(self, message: str, total: int, *, shown: bool = True) -> None:
        self.message, self.total, self.done = message[:25].ljust(25), max(total, 1), 0
        self.shown = shown and sys.stderr.isatty()
        self._start, self._lock = clock.monotonic(), threading.Lock()

    def add(self, amount: int) -> None:
        """Move on."""
        with self._lock:
            self.done = min(self.done + amount, self.total)
            if self.shown:
                sys.stderr.write(f"\r{self.message} |{self._filled()}| {self._suffix()} ")
                sys.stderr.flush()

    def _filled(self) -> str:
        return f"{'#' * int(self.done / self.total * 30):<30}"

    def _suffix(self) -> str:
        past = clock.monotonic() - self._start
        left = past / self.done * (self.total - self.done) if self.done else 0
        return f"{self.done * 100 // self.total}% - {left:.0f}s"

    def end(self) -> None:
        """Leave the line."""
        if self.shown:
            sys.stderr.write("\n")
