"""The same done to many members, each in a transaction of its own, with a preview.

Spec: identity 13.18, 13.19.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from django.db import transaction

from synnefo.astakos.domain.memberships import WORDS, MembershipAction, MembershipState
from synnefo.astakos.models import DATABASE, Project, ProjectMembership, User
from synnefo.astakos.usecases import memberships
from synnefo.astakos.usecases.project_rights import check_owner
from synnefo.kit.faults import BadRequest, Fault

T = TypeVar("T", int, str)
MOST = 500
_BETWEEN = re.compile(r"[\s,;]+")


class Deed(msgspec.Struct, frozen=True):
    """What is done, by whom, why, and whether it is only tried."""

    action: MembershipAction
    actor: User
    reason: str = ""
    is_preview: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """What became of one member: the state that was reached, or why there is none."""

    person: str
    state: str = ""
    problem: str = ""
    membership: int | None = None


def act(project: Project, numbers: Sequence[int], deed: Deed) -> list[Outcome]:
    """Accept, reject or remove several members; Forbidden unless owner or administrator.

    A preview does the same in one transaction that is undone, so that it tells exactly what
    would happen, the limit on members included.
    """
    check_owner(project, deed.actor)
    _check_many(len(numbers))
    rows = ProjectMembership.objects.filter(project=project, pk__in=numbers)
    seats = {seat.pk: seat for seat in rows.select_related("person")}

    def one(number: int) -> Outcome:
        seat = seats.get(number)
        if seat is None:
            return Outcome(str(number), problem="This is no member of the project.")
        try:
            done = memberships.act(seat, deed.action, actor=deed.actor, reason=deed.reason)
        except Fault as fault:
            return Outcome(seat.person.email, problem=fault.message, membership=number)
        return Outcome(seat.person.email, WORDS[MembershipState(done.state)], "", number)

    return _each(one, numbers, deed)


def enroll(project: Project, text: str, deed: Deed) -> list[Outcome]:
    """Enroll everybody whose e-mail address is in a text, separated by commas or lines."""
    check_owner(project, deed.actor)
    addresses = list(dict.fromkeys(part for part in _BETWEEN.split(text) if part))
    if not addresses:
        raise BadRequest("Write at least one e-mail address.")
    _check_many(len(addresses))

    def one(address: str) -> Outcome:
        try:
            done = memberships.enroll(project, address, actor=deed.actor)
        except Fault as fault:
            return Outcome(address, problem=fault.message)
        return Outcome(address, WORDS[MembershipState(done.state)], "", done.pk)

    return _each(one, addresses, deed)


def _each(one: Callable[[T], Outcome], items: Sequence[T], deed: Deed) -> list[Outcome]:
    if not deed.is_preview:
        return [one(item) for item in items]
    with transaction.atomic(using=DATABASE):
        found = [one(item) for item in items]
        transaction.set_rollback(True, using=DATABASE)
    return found


def _check_many(count: int) -> None:
    if count > MOST:
        raise BadRequest(f"At most {MOST} people can be dealt with at once.")
