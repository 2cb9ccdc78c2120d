"""Figures of the whole cloud: people by sign-in method, and what they use. Spec: identity 10.2."""

import msgspec
from django.db.models import Q, QuerySet, Sum, Value
from django.db.models.functions import Concat

from synnefo.astakos.models import AuthProvider, Holding, User
from synnefo.astakos.usecases import auth_policies, catalogs
from synnefo.kit.clock import now
from synnefo.wire.provisions import INF

ALL = "all"


class People(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many there are; `exclusive` counts those who can sign in by one method only."""

    total: int
    verified: int
    active: int
    exclusive: int | None = None


class Amount(msgspec.Struct, frozen=True):
    """How much of a resource is used, and how much the limits allow that are limits."""

    used: int
    allocated: int
    unit: str | None
    description: str


class Statistics(msgspec.Struct, frozen=True):
    """Everything at one moment."""

    datetime: str
    providers: list[str]
    users: dict[str, People]
    resources: dict[str, dict[str, Amount]]


def totals() -> dict[str, int]:
    """Count people, and those who are active."""
    everybody = User.objects.all()
    return {"total": everybody.count(), "active": everybody.filter(is_active=True).count()}


def detail() -> Statistics:
    """Count people and sum resources, of all and of each sign-in method that is switched on."""
    providers = auth_policies.enabled()
    users = {ALL: _people(User.objects.all())}
    resources = {ALL: _amounts(Holding.objects.filter(source=""))}
    for module in providers:
        alone = _exclusive(module)
        users[module] = _people(_with(module), alone.count())
        resources[module] = _amounts(_held_by(alone))
    return Statistics(now().isoformat(), providers, users, resources)


def _people(found: QuerySet[User], exclusive: int | None = None) -> People:
    return People(
        found.count(),
        found.filter(email_verified=True).count(),
        found.filter(is_active=True).count(),
        exclusive,
    )


def _with(module: str) -> QuerySet[User]:
    mine = AuthProvider.objects.filter(active=True, module=module)
    return User.objects.filter(pk__in=mine.values("user"))


def _exclusive(module: str) -> QuerySet[User]:
    others = AuthProvider.objects.filter(active=True).exclude(module=module)
    found = _with(module).filter(is_active=True, email_verified=True)
    return found.exclude(pk__in=others.values("user"))


def _held_by(people: QuerySet[User]) -> QuerySet[Holding]:
    holders = people.annotate(holder=Concat(Value("user:"), "uuid")).values("holder")
    return Holding.objects.filter(holder__in=holders).exclude(source="")


def _amounts(held: QuerySet[Holding]) -> dict[str, Amount]:
    rows = held.order_by().values("resource")
    sums = rows.annotate(used=Sum("usage_max"), allocated=Sum("limit", filter=~Q(limit=INF)))
    found = {row["resource"]: (int(row["used"]), int(row["allocated"] or 0)) for row in sums}
    told: dict[str, Amount] = {}
    for resource in catalogs.resources():
        used, allocated = found.get(resource.name, (0, 0))
        told[resource.name] = Amount(used, allocated, resource.unit, resource.desc)
    return told
