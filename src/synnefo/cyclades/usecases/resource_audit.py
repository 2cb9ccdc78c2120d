"""What everybody holds by the database, against the books of the quota service.

Spec: compute 13.5, 15.3.
"""

from collections import defaultdict
from collections.abc import Iterator

import msgspec
from django.db.models import Count, F, Sum

from synnefo.clients.astakos import Standing
from synnefo.cyclades.domain import costs, network_costs
from synnefo.cyclades.domain.server_states import State
from synnefo.cyclades.models import IPAddress, Network, Server, Volume
from synnefo.cyclades.usecases import commissions
from synnefo.kit import clock
from synnefo.kit.units import GIB, MIB
from synnefo.wire.provisions import Provision, project_holder, user_holder

Place = tuple[str | None, str]
"""A user (None for the project itself) within a project."""

RESOURCES = (
    costs.VM,
    costs.CPU,
    costs.TOTAL_CPU,
    costs.RAM,
    costs.TOTAL_RAM,
    costs.DISK,
    network_costs.PRIVATE_NETWORK,
    network_costs.FLOATING_IP,
)


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One holding that the database and the quota service disagree about."""

    user: str | None
    project: str
    resource: str
    database: int
    charged: int
    pending: bool = False
    """Whether a promise is under way: then nobody can tell yet."""

    @property
    def provision(self) -> Provision:
        """Write the change that would put the books right."""
        source = project_holder(self.project)
        holder, within = (user_holder(self.user), source) if self.user else (source, None)
        return Provision(holder, within, self.resource, self.database - self.charged)

    def row(self) -> dict[str, object]:
        """Write it as a line of a table."""
        return {
            "type": "user" if self.user else "project",
            "holder": self.user or self.project,
            "source": self.project if self.user else None,
            "resource": self.resource,
            "database": self.database,
            "quotaholder": self.charged,
        }


def holdings() -> dict[tuple[str, str], dict[str, int]]:
    """Add up what each user holds within each project. Spec: compute 13.5."""
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(RESOURCES, 0))
    living = Server.objects.filter(deleted=False).order_by()
    for user, project, count, cpu, ram in living.values_list("userid", "project").annotate(
        count=Count("id"), cpu=Sum("flavor__cpu"), ram=Sum("flavor__ram")
    ):
        held = found[user, project]
        held[costs.VM], held[costs.TOTAL_CPU], held[costs.TOTAL_RAM] = count, cpu, ram * MIB
    running = living.filter(operstate__in=[State.STARTED, State.BUILD, State.ERROR])
    for user, project, cpu, ram in running.values_list("userid", "project").annotate(
        cpu=Sum("flavor__cpu"), ram=Sum("flavor__ram")
    ):
        found[user, project][costs.CPU] = cpu
        found[user, project][costs.RAM] = ram * MIB
    for resource, rows in _countable():
        for user, project, amount in rows:
            if user and project:
                found[user, project][resource] = amount
    return dict(found)


def _countable() -> Iterator[tuple[str, list[tuple[str, str, int]]]]:
    volumes = Volume.objects.filter(deleted=False).order_by()
    sizes = volumes.values_list("userid", "project").annotate(amount=Sum(F("size")) * GIB)
    yield costs.DISK, list(sizes)
    networks = Network.objects.filter(charged=True).order_by()
    counted = networks.values_list("userid", "project").annotate(amount=Count("id"))
    yield network_costs.PRIVATE_NETWORK, list(counted)
    held = IPAddress.objects.live().floating().exclude(project=None).order_by()
    given = held.values_list("userid", "project").annotate(amount=Count("id"))
    yield network_costs.FLOATING_IP, list(given)


def differences(user: str | None = None, project: str | None = None) -> list[Difference]:
    """Compare users and projects with the books; those with a promise under way are marked."""
    held = holdings()
    service = commissions.service()
    users = service.service_get_quotas([user] if user else [], [project] if project else [])
    booked: dict[Place, dict[str, Standing]] = {
        (who, where): standings
        for who, places in users.items()
        for where, standings in places.items()
    }
    ours: dict[Place, dict[str, int]] = {place: held[place] for place in held}
    if user is None:
        known = service.service_get_project_quotas([project] if project else [])
        booked |= {(None, where): _of_project(known[where]) for where in known}
        ours |= _by_project(held)
    places = {place for place in ours.keys() | booked.keys() if _is_wanted(place, user, project)}
    return [
        one
        for place in sorted(places, key=lambda each: (each[1], each[0] or ""))
        for one in _compare(place, ours.get(place, {}), booked.get(place, {}))
    ]


def steady(user: str | None = None, project: str | None = None) -> list[Difference]:
    """Compare twice, and keep what stayed: the two sides are never read in one moment."""
    before = differences(user, project)
    return [one for one in differences(user, project) if one in before] if before else []


def _is_wanted(place: Place, user: str | None, project: str | None) -> bool:
    return user in {None, place[0]} and project in {None, place[1]}


def _of_project(standings: dict[str, Standing]) -> dict[str, Standing]:
    """Read a project's standing as that of a holder of its own."""
    return {
        resource: Standing(
            limit=one.project_limit, usage=one.project_usage, pending=one.project_pending
        )
        for resource, one in standings.items()
    }


def _by_project(held: dict[tuple[str, str], dict[str, int]]) -> dict[Place, dict[str, int]]:
    found: dict[Place, dict[str, int]] = {}
    for (_user, project), amounts in held.items():
        total = found.setdefault((None, project), {})
        for resource, amount in amounts.items():
            total[resource] = total.get(resource, 0) + amount
    return found


def _compare(
    place: Place, ours: dict[str, int], booked: dict[str, Standing]
) -> Iterator[Difference]:
    for resource in RESOURCES:
        known = booked.get(resource, Standing())
        amount = ours.get(resource, 0)
        if amount != known.usage:
            yield Difference(
                user=place[0],
                project=place[1],
                resource=resource,
                database=amount,
                charged=known.usage,
                pending=bool(known.pending),
            )


def correct(found: list[Difference], *, force: bool) -> list[Difference]:
    """Change the books by one commission, accepted at once; answer what was put right."""
    settled = [one for one in found if not one.pending]
    if settled:
        commissions.service().issue_commission(
            [one.provision for one in settled],
            name=f"client: reconcile-resources-cyclades, {clock.now():%Y-%m-%d %H:%M}",
            force=force,
            auto_accept=True,
        )
    return settled
