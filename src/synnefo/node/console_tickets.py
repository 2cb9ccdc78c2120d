"""Tickets that open a console once: issued by the cloud, redeemed by a browser."""

import hashlib
from collections.abc import Callable

import msgspec

from synnefo.kit import clock
from synnefo.kit.faults import BadRequest, ServiceUnavailable


class Ticket(msgspec.Struct, frozen=True):
    """What a ticket opens."""

    target: str
    """`unix:/path` or `host:port` of a VNC server."""
    server: str = ""
    """Whose screen that is; a session can be ended by this name."""
    password: str = ""
    """What the VNC server asks for, if it asks."""


class _Kept(msgspec.Struct, frozen=True):
    ticket: Ticket
    deadline: float


class Tickets:
    """The tickets that wait to be used. Only digests are kept, so a dump opens nothing."""

    def __init__(
        self,
        *,
        most: int = 10_000,
        longest: float = 600.0,
        now: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._waiting: dict[bytes, _Kept] = {}
        self._most = most
        self._longest = longest
        self._now = now

    def issue(self, token: str, ticket: Ticket, lifetime: float) -> None:
        """Keep a ticket for `lifetime` seconds; a token of less than 16 characters is refused."""
        if len(token) < 16 or not ticket.target:
            raise BadRequest("A ticket needs a token of at least 16 characters and a target.")
        if lifetime <= 0:
            raise BadRequest("The ticket has expired already.")
        self._forget_expired()
        if len(self._waiting) >= self._most:
            raise ServiceUnavailable("Too many consoles wait to be opened. Try again in a minute.")
        deadline = self._now() + min(lifetime, self._longest)
        self._waiting[_digest(token)] = _Kept(ticket, deadline)

    def redeem(self, token: str) -> Ticket | None:
        """Use a ticket up; None when it was used, has expired or never was."""
        kept = self._waiting.pop(_digest(token), None)
        if kept is None or kept.deadline < self._now():
            return None
        return kept.ticket

    def revoke(self, server: str) -> None:
        """Forget the waiting tickets of a server."""
        self._waiting = {d: k for d, k in self._waiting.items() if k.ticket.server != server}

    def _forget_expired(self) -> None:
        now = self._now()
        self._waiting = {d: k for d, k in self._waiting.items() if k.deadline >= now}


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
