"""What the commands of Astakos share: refusals as command errors, and how things are found."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError

from synnefo.astakos.domain import limits
from synnefo.kit.faults import Fault


@contextmanager
def refusals() -> Iterator[None]:
    """Tell a refusal as a message and exit code 1, without a traceback."""
    try:
        yield
    except Fault as fault:
        raise CommandError(fault.message) from fault


def amount(text: str) -> int:
    """Read an amount of a resource from the command line."""
    try:
        return limits.parse_amount(text)
    except ValueError as error:
        raise CommandError(str(error)) from error


def truth(text: str) -> bool:
    """Read yes or no from the command line."""
    lowered = text.lower()
    if lowered in {"true", "yes", "t", "y", "1"}:
        return True
    if lowered in {"false", "no", "f", "n", "0"}:
        return False
    raise CommandError(f"'{text}' is neither true nor false.")


def given(options: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Pick the options that were given."""
    return {name: options[name] for name in names if options.get(name) is not None}
