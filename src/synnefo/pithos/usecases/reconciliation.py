"""Comparing what is stored with what the quota service has on its books.

Spec: object-storage 16.2, 16.5.
"""

from datetime import timedelta

import msgspec
from django.db.models import F, Sum

from synnefo.clients.astakos import Standing
from synnefo.kit import clock, conf
from synnefo.pithos.engines import quota
from synnefo.pithos.models import Allowance, Container, Settlement
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import settlements
from synnefo.wire.provisions import Provision, charge

JUST_NOW = timedelta(seconds=30)


class Commissions(msgspec.Struct, frozen=True):
    """Serials that were pending, and what became of them."""

    pending: list[int]
    accepted: list[int] = []
    rejected: list[int] = []
    left: list[int] = []


class Difference(msgspec.Struct, frozen=True):
    """One account in one project: bytes stored, and bytes on the books."""

    account: str
    project: str
    stored: int
    charged: int

    def row(self) -> dict[str, object]:
        """Write it as a line of a table."""
        return {
            "type": "user",
            "holder": self.account,
            "source": self.project,
            "resource": quota.RESOURCE,
            "database": self.stored,
            "quotaholder": self.charged,
        }


def commissions(*, fix: bool) -> Commissions:
    """List pending commissions; settle them, and reject those that Pithos does not know."""
    service = quota.service()
    pending = service.get_pending()
    if not fix or not pending:
        return Commissions(pending)
    lost = settlements.lost_serials(pending, age=JUST_NOW)
    _, accepted = settlements.known_serials()
    if lost:
        service.resolve_commissions(reject=lost)
    settlements.settle_all()
    left = sorted(set(pending) & set(service.get_pending()))
    gone = [serial for serial in pending if serial not in left]
    return Commissions(
        pending,
        [serial for serial in gone if serial in accepted],
        [serial for serial in gone if serial not in accepted],
        left,
    )


def differences(user: str | None, project: str | None) -> list[Difference]:
    """Settle what can be, then tell where stored and charged bytes differ.

    Where something is still on its way, on either side, nobody can tell yet.
    """
    settlements.settle_all()
    stored = _stored()
    known = _known(user, project)
    charged = {place: each.usage for place, each in known.items() if each.usage}
    unsettled = _unsettled() | _common() | {place for place, each in known.items() if each.pending}
    found = []
    for account, source in sorted(stored.keys() | charged.keys()):
        is_wanted = user in {None, account} and project in {None, source}
        if not is_wanted or (account, source) in unsettled:
            continue
        pair = stored.get((account, source), 0), charged.get((account, source), 0)
        if pair[0] != pair[1]:
            found.append(Difference(account, source, *pair))
    return found


def _stored() -> dict[tuple[str, str], int]:
    is_free = conf.of(PithosSettings).pithos_backend_free_versioning
    size = F("tally__size") if is_free else F("tally__size") + F("tally__history")
    rows = Container.objects.values("account", "project").annotate(total=Sum(size))
    return {(row["account"], row["project"]): row["total"] or 0 for row in rows}


def _common() -> set[tuple[str, str]]:
    """Name the accounts that are a project's own: their bytes are on no user's books."""
    rows = Allowance.objects.filter(is_common=True)
    return set(rows.values_list("account", "project"))


def _known(user: str | None, project: str | None) -> dict[tuple[str, str], Standing]:
    told = quota.service().service_get_quotas([user] if user else [], [project] if project else [])
    return {
        (account, source): known[quota.RESOURCE]
        for account, projects in told.items()
        for source, known in projects.items()
        if quota.RESOURCE in known
    }


def _unsettled() -> set[tuple[str, str]]:
    busy = Allowance.objects.filter(pk__in=Settlement.objects.values("allowance_id"))
    dirty = Allowance.objects.filter(is_dirty=True)
    return set((busy | dirty).values_list("account", "project"))


def correct(found: list[Difference], *, force: bool) -> None:
    """Charge or free the differences in one commission, accepted at once."""
    provisions: list[Provision] = []
    for one in found:
        provisions += charge(one.account, one.project, quota.RESOURCE, one.stored - one.charged)
    quota.service().issue_commission(
        provisions, name=f"RECONCILE {clock.now():%Y-%m-%d}", force=force, auto_accept=True
    )
