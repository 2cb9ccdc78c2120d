"""The book of promises: what a database must be able to do with commissions.

Spec: identity 4.3, 4.4. `prepared_book` does each in one statement, for PostgreSQL; `plain_book`
row by row, where a transaction keeps all other writers out.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from synnefo.astakos.domain import ledger
from synnefo.wire.provisions import Provision


class Broken(RuntimeError):
    """A pending provision names a holding that is there no more. Spec: identity 4.4."""


class Note(msgspec.Struct, frozen=True):
    """Who acts and when, and what the commission is called."""

    clientkey: str
    moment: datetime
    name: str = ""


class Refused(msgspec.Struct, frozen=True):
    """What was held when a commission did not fit, by the place of each provision."""

    held: dict[int, ledger.Holding]


class Book(Protocol):
    """Promises and verdicts; each call is all or nothing, in the open transaction or its own."""

    def issue(
        self, provisions: Sequence[Provision], note: Note, *, force: bool, at_once: bool
    ) -> int | Refused:
        """Promise provisions with keys that all differ, and answer the serial.

        With `at_once` the promise is accepted in the same step and nothing waits.
        """

    def lock(self, clientkey: str, serials: Sequence[int]) -> None:
        """Lock commissions, then all their holdings, before several are settled together."""

    def settle(self, serial: int, note: Note, *, accept: bool, reason: str) -> bool:
        """Accept or reject one pending commission of a client; tell whether there was one.

        Raises when one of its holdings has vanished; nothing is changed then.
        """


def log_time(moment: datetime) -> str:
    """Write a moment as the log keeps it. Spec: identity 2.7."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:24]


def log_words(*, accept: bool, reason: str) -> str:
    """Write a verdict as the log keeps it. Spec: identity 4.4."""
    return ("ACCEPT:" if accept else "REJECT:") + reason[-121:]
