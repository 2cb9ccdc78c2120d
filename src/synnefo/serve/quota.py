"""Quota as a brick uses it: ask, change, settle; no promise is ever lost.

A serial is recorded when issued, decided in the transaction of the change and resolved after
its commit (house rules, section 4). Whatever a crash leaves behind, `settle` puts right:
decided serials are told to the identity service again, undecided and unknown ones rejected.

    with ledger.reserve(charges(user, project, {"cyclades.vm": 1}), "create vm") as serial:
        with transaction.atomic(using="cyclades"):
            ...                       # the change
            ledger.accept(serial)     # its verdict, in the same transaction
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from django.db import models

from synnefo.clients.astakos import PendingCommission, Resolved
from synnefo.kit import clock
from synnefo.kit.faults import Conflict, Fault
from synnefo.kit.logs import get_logger
from synnefo.serve.statements import fetch
from synnefo.wire.provisions import Provision

log = get_logger(__name__)

LONGEST_CHANGE = 20.0
"""Seconds after which a change may no longer record a promise that it was given."""
_unknown: dict[int, float] = {}
"""Promises that nobody here recorded, and when this process first saw each at the service."""


class QuotaService(Protocol):
    """What a brick needs of the quota service; `clients.astakos.AstakosClient` keeps it."""

    def issue_commission(
        self,
        provisions: Sequence[Provision],
        *,
        name: str = "",
        force: bool = False,
        auto_accept: bool = False,
    ) -> int:
        """Promise resources and answer the serial; OverLimit when a limit refuses."""

    def resolve_commissions(
        self, accept: Iterable[int] = (), reject: Iterable[int] = ()
    ) -> Resolved:
        """Accept and reject promises; may be repeated, unknown ones are told as failed."""

    def get_pending(self) -> list[int]:
        """List the serials that wait for a verdict."""

    def commission_info(self, serial: int) -> PendingCommission:
        """Show one promise; ItemNotFound when it waits no more."""


class Ledger:
    """One brick's quota: the service, and the brick's own table of serials.

    The table has the columns `serial` (its key), `pending`, `accept`, `resolved` and `issued`.
    """

    def __init__(self, service: QuotaService, table: type[models.Model]) -> None:
        self._service = service
        self._rows = table._default_manager

    @contextmanager
    def reserve(
        self,
        provisions: Sequence[Provision],
        name: str = "",
        *,
        force: bool = False,
        tell: bool = True,
        note: bool = True,
    ) -> Iterator[int]:
        """Promise resources around a change: rejected when it fails, settled when it commits.

        Without `tell` the service hears of the verdict later, from whoever calls `resolve`.
        Without `note` the serial gets its row from the change itself: it writes a `receipt`.

        The change calls `accept` (or `reject`) in its own transaction; left undecided, the
        promise stays until somebody decides or `settle` finds it too old. Open no transaction
        around this: it speaks to the network. Raises QuotaExceeded, ServiceUnavailable.
        """
        serial = self._issue(provisions, name, force=force, note=note)
        try:
            yield serial
        except BaseException:
            self._take_back(serial)
            raise
        if tell:
            self._tell_quietly([serial])

    def receipt(self, serial: int, waited: float) -> models.Model:
        """Answer the row of a promise that its change accepts, for that change to write.

        `waited` are the seconds since it was asked for: Conflict when they are so many that
        `settle` may soon take the promise for a lost one.
        """
        if waited > LONGEST_CHANGE:
            raise Conflict("This took too long and its quota is given back. Try again.")
        return self._rows.model(serial=serial, pending=False, accept=True, issued=clock.now())

    def accept(self, serial: int) -> None:
        """Decide that a promise becomes final, in the transaction of the change.

        Conflict when it was rejected meanwhile because the change took too long.
        """
        self._decide(serial, accept=True)

    def reject(self, serial: int) -> None:
        """Decide that a promise is given back, in the transaction of the change."""
        self._decide(serial, accept=False)

    def resolve(self, serials: Iterable[int]) -> None:
        """Tell the service the verdicts of decided serials, after the commit.

        A service that does not answer now is told by the next `settle`.
        """
        self._tell_quietly(list(serials))

    def settle(self, *, patience: float = 600.0) -> tuple[list[int], list[int]]:
        """Put right what crashes left: answer what was accepted and what was rejected.

        Undecided serials older than `patience` seconds are rejected, unknown ones likewise.
        """
        long_ago = clock.now() - timedelta(seconds=patience)
        self._rows.filter(pending=True, issued__lt=long_ago).update(pending=False, accept=False)
        decided = self._rows.filter(pending=False, resolved=False)
        resolved = self._tell(list(decided.values_list("pk", flat=True)[:1000]))
        lost = self._lost(patience)
        dropped = self._service.resolve_commissions(reject=lost).rejected if lost else []
        return list(resolved.accepted), [*resolved.rejected, *dropped]

    def _issue(
        self, provisions: Sequence[Provision], name: str, *, force: bool, note: bool
    ) -> int:
        serial = self._service.issue_commission(provisions, name=name, force=force)
        if not note:
            return serial
        try:
            self._rows.create(serial=serial, issued=clock.now())
        except BaseException:
            self._service.resolve_commissions(reject=[serial])
            raise
        return serial

    def _take_back(self, serial: int) -> None:
        """Reject the promise of a change that failed, whether it has a row or not."""
        if self._rows.filter(pk=serial).exists():
            self._rows.filter(pk=serial, pending=True).update(pending=False, accept=False)
            self._tell_quietly([serial])
            return
        try:
            self._service.resolve_commissions(reject=[serial])
        except Fault as fault:
            log.warning("quota-verdict-delayed", serials=[serial], why=fault.message)

    def _decide(self, serial: int, *, accept: bool) -> None:
        meta = self._rows.model._meta
        statement = (
            f"UPDATE {meta.db_table} SET pending = %s, accept = %s"  # noqa: S608 - our own table
            " WHERE serial = %s AND pending RETURNING serial"
        )
        if not fetch(meta.app_label, statement, [False, accept, serial]):
            raise Conflict("This took too long and its quota was given back. Try again.")

    def _tell_quietly(self, serials: list[int]) -> None:
        try:
            self._tell(serials)
        except Fault as fault:
            log.warning("quota-verdict-delayed", serials=serials, why=fault.message)

    def _tell(self, serials: list[int]) -> Resolved:
        rows = self._rows.filter(pk__in=serials, pending=False, resolved=False)
        verdicts: dict[int, bool] = dict(rows.values_list("pk", "accept"))
        if not verdicts:
            return Resolved()
        answer = self._service.resolve_commissions(
            accept=[serial for serial, accept in verdicts.items() if accept],
            reject=[serial for serial, accept in verdicts.items() if not accept],
        )
        done = [*answer.accepted, *answer.rejected, *answer.unknown()]
        self._rows.filter(pk__in=done).update(resolved=True)
        return answer

    def _lost(self, patience: float) -> list[int]:
        """List promises that this brick never recorded: it died right after asking.

        They must have been seen for a while, for a change may be about to record one; this
        process' own clock tells, whatever the service's clock says.
        """
        pending = self._service.get_pending()
        known = set(self._rows.filter(pk__in=pending).values_list("pk", flat=True))
        moment = clock.monotonic()
        unknown = {s: _unknown.get(s, moment) for s in pending if s not in known}
        _unknown.clear()
        _unknown.update(unknown)
        return [serial for serial, seen in unknown.items() if moment - seen >= patience]
