"""Promises of the quota service that a crash left open. Spec: compute 13.2, 15.2."""

import time
from collections.abc import Iterable

import msgspec
from django.db import transaction

from synnefo.cyclades.models import IPAddress, Network, QuotaHolderSerial, Server
from synnefo.cyclades.usecases import commissions
from synnefo.serve.quota import LONGEST_CHANGE


class Outstanding(msgspec.Struct, frozen=True):
    """Serials that the quota service waits for, by what they will become."""

    to_accept: list[int]
    to_reject: list[int]
    """Rejected here, undecided or unknown."""


class Settled(msgspec.Struct, frozen=True):
    """What became of the serials, and how many rows let go of theirs."""

    accepted: list[int]
    rejected: list[int]
    cleared: int


def look() -> Outstanding:
    """List what the quota service still waits for."""
    pending = sorted(commissions.service().get_pending())
    decided = QuotaHolderSerial.objects.filter(serial__in=pending, pending=False, accept=True)
    accepted = set(decided.values_list("serial", flat=True))
    return Outstanding(
        [serial for serial in pending if serial in accepted],
        [serial for serial in pending if serial not in accepted],
    )


def settle(*, patience: float) -> Settled:
    """Tell the verdicts, reject what is older than `patience` seconds and has none.

    A promise that is rejected here while its job still runs is made anew when the job ends.
    """
    accepted, rejected = commissions.ledger().settle(patience=patience)
    rejected += _reject_unknown(min(patience, LONGEST_CHANGE))
    return Settled(accepted, rejected, _let_go([*accepted, *rejected]))


def _reject_unknown(wait: float) -> list[int]:
    """Give back promises that no row tells of, once no change can be about to write one."""
    unknown = _unknown()
    if not unknown:
        return []
    time.sleep(wait)
    lost = unknown & _unknown()
    return commissions.service().resolve_commissions(reject=sorted(lost)).rejected if lost else []


def _unknown() -> set[int]:
    pending = set(commissions.service().get_pending())
    known = QuotaHolderSerial.objects.filter(serial__in=pending)
    return pending - set(known.values_list("serial", flat=True))


def _let_go(serials: Iterable[int]) -> int:
    """Clear the serials of what waits for no job any more."""
    named = list(serials)
    with transaction.atomic("cyclades"):
        cleared = Server.objects.filter(serial__in=named, task=None).update(serial=None)
        cleared += Network.objects.filter(serial__in=named).update(serial=None)
        return cleared + IPAddress.objects.filter(serial__in=named).update(serial=None)
