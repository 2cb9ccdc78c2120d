"""Waiting until a thing is in another state. Spec: kamaki 3.4."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

from kamaki.errors import KamakiError
from kamaki.output import Bar, say

F = TypeVar("F", bound=Callable[..., Any])
DELAY = 1.0
POLLS = 100
WAIT_SECONDS = 60


class Seen(msgspec.Struct, frozen=True):
    """How a thing was found: its state, and how far it got in percent when that is known."""

    status: str
    percent: int | None = None


Poll = Callable[[], Seen]


class Patience(msgspec.Struct, frozen=True):
    """How long to wait, with or without a bar, and how the thing is called meanwhile."""

    what: str
    shown: bool = True
    seconds: float = POLLS


def waited(command: F) -> F:
    """Add `--wait` and `--no-progress-bar`; the command gets `wait` and `no_bar`."""
    command = click.option("-w", "--wait", is_flag=True, help="Wait until it is done.")(command)
    return no_bar(command)


def no_bar(command: F) -> F:
    """Add `--no-progress-bar`; the command gets `no_bar`."""
    option = click.option("-N", "--no-progress-bar", "no_bar", is_flag=True, help="Show no bar.")
    return option(command)


def timed(command: F) -> F:
    """Add what a `wait` command asks: `--timeout`, `--while`, `--until`."""
    for decorate in (
        click.option("--timeout", type=float, default=WAIT_SECONDS, show_default=True),
        click.option("--while", "--status", "stay", metavar="STATUS", help="Wait while it is so."),
        click.option("--until", metavar="STATUS", help="Wait until it is so."),
        no_bar,
    ):
        command = decorate(command)
    return command


def wait(poll: Poll, is_done: Callable[[str], bool], patience: Patience) -> str:
    """Poll every second until the state is right; answers that state."""
    bar = Bar(patience.what, 100, shown=patience.shown)
    end = time.monotonic() + patience.seconds
    while True:
        seen = poll()
        bar.add((seen.percent or 0) - bar.done)
        if is_done(seen.status):
            bar.end()
            say(f"{patience.what} status: {seen.status}")
            return seen.status
        if time.monotonic() + DELAY > end:
            bar.end()
            raise KamakiError(
                "Operation timed out",
                details=[f"{patience.what} status: {seen.status}"],
                importance=3,
            )
        time.sleep(DELAY)


def condition(stay: str | None, until: str | None, *, default: str) -> Callable[[str], bool]:
    """Read `--while` and `--until`, of which one at most may be given."""
    if stay and until:
        raise click.UsageError("Give --while or --until, not both.")
    if until:
        return lambda status: status.upper() == until.upper()
    left = (stay or default).upper()
    return lambda status: status.upper() != left
