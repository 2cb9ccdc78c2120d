"""Where an act comes from: which request or command is running, whose, and from what address.

An audit log asks here, so that no use case has to hand the address of a request down.
"""

import getpass
import os
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


class coming_from:  # noqa: N801 - used as a function, and quicker than a generator
    """Let acts within come from here."""

    __slots__ = ("_origin", "_token")

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def __enter__(self) -> None:
        self._token = _origin.set(self._origin)

    def __exit__(self, *_failure: object) -> None:
        _origin.reset(self._token)


def of_command(name: str) -> Origin:
    """Describe a command that somebody with a shell on this host runs."""
    return Origin(actor=f"command:{_login()}", actor_name=f"snf-manage {name}")


def _login() -> str:
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
