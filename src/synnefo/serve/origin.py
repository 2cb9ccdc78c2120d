"""Where an act comes from: which request or command is running, whose, and from what address.

An audit log asks here, so that no use case has to hand the address of a request down.
"""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, from where; empty texts where nobody can tell."""

    actor: str = ""
    actor_name: str = ""
    address: str = ""
    agent: str = ""
    request_id: str = ""


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current() -> Origin:
    """Tell where the running act comes from."""
    return _origin.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Let acts within come from here."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def of_command(name: str) -> Origin:
    """Describe a command that somebody with a shell on this host runs."""
    return Origin(actor=f"command:{_login()}", actor_name=f"snf-manage {name}")


def _login() -> str:
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
