"""Quota of everything here: one ledger, over the identity service. Spec: compute 13."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Protocol

from synnefo.clients.astakos import AstakosClient, QuotaExceeded, Standing
from synnefo.cyclades.domain.costs import Charge
from synnefo.cyclades.models import QuotaHolderSerial
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, ItemNotFound, ServiceUnavailable
from synnefo.serve.quota import Ledger, QuotaService
from synnefo.wire.provisions import Provision, charges


class QuotaBooks(QuotaService, Protocol):
    """The quota service with what it has on its books."""

    def service_get_quotas(
        self, users: Sequence[str] = (), projects: Sequence[str] = ()
    ) -> dict[str, dict[str, dict[str, Standing]]]:
        """Answer what users hold: user, project, resource."""

    def service_get_project_quotas(
        self, projects: Sequence[str] = ()
    ) -> dict[str, dict[str, Standing]]:
        """Answer what projects hold: project, resource."""


_installed: list[QuotaBooks] = []
_telling = threading.Lock()
_NO_MEMBER = "There is no such project, or the owner of this is no member of it."


def install(service: QuotaBooks | None) -> None:
    """Use this quota service instead of the configured one; None goes back. For tests."""
    _installed[:] = [service] if service is not None else []


def ledger() -> Ledger:
    """Answer the ledger of this brick."""
    return Ledger(service(), QuotaHolderSerial)


def service() -> QuotaBooks:
    """Answer the quota service."""
    settings = conf.of(CycladesSettings)
    if _installed:
        return _installed[0]
    return _client(settings.astakos_auth_url, settings.cyclades_service_token)


@cache
def _client(url: str, token: str) -> AstakosClient:
    return AstakosClient(url, token)


def provisions(user: str, project: str, charge: Charge, *, times: int = 1) -> list[Provision]:
    """Write a charge on a user within a project as the quota service takes it."""
    return charges(user, project, {name: amount * times for name, amount in charge.items()})


@contextmanager
def reserve(
    wanted: list[Provision],
    name: str,
    *,
    force: bool = False,
    tell: bool = True,
    note: bool = True,
) -> Iterator[int | None]:
    """Promise resources around a change; nothing to charge needs no serial.

    Without `tell` the quota service hears of the verdict from the next `tell_decided`; without
    `note` the change writes the row of the serial itself, a `ledger().receipt`.

    The change decides the serial in its own transaction: `ledger().accept(serial)`, or keeps it
    for later. Open no transaction around this: it speaks to the network.
    """
    if not wanted:
        yield None
        return
    with ExitStack() as promised:
        try:
            serial = promised.enter_context(
                ledger().reserve(wanted, name, force=force, tell=tell, note=note)
            )
        except QuotaExceeded:
            if not force:
                raise
            serial = promised.enter_context(_release(wanted, name, tell=tell, note=note))
        except ItemNotFound as refused:
            raise BadRequest(_NO_MEMBER, details=refused.message) from refused
        yield serial


@contextmanager
def _release(wanted: list[Provision], name: str, *, tell: bool, note: bool) -> Iterator[int]:
    """Give back what the quota service has not heard of yet: it is told of that first.

    ServiceUnavailable when it still does not know: somebody else is giving it back now.
    """
    tell_decided()
    with ExitStack() as promised:
        try:
            serial = promised.enter_context(
                ledger().reserve(wanted, name, force=True, tell=tell, note=note)
            )
        except QuotaExceeded as refused:
            raise ServiceUnavailable(refused.message) from refused
        yield serial


def tell_decided() -> None:
    """Tell the quota service all verdicts that it has not heard of, many in one call."""
    if not _telling.acquire(blocking=False):
        return
    try:
        decided = QuotaHolderSerial.objects.filter(pending=False, resolved=False)
        serials = list(decided.values_list("serial", flat=True)[:1000])
        if serials:
            ledger().resolve(serials)
    finally:
        _telling.release()
