"""Holders above their limits are brought below them. Spec: compute 15.4."""

from collections.abc import Callable, Collection

import msgspec
from django.db.models import F

from synnefo.clients.astakos import Standing
from synnefo.cyclades.domain import enforcement
from synnefo.cyclades.domain.enforcement import Action, Deed, Item, Kind, Violation
from synnefo.cyclades.models import IPAddress, Server, Volume
from synnefo.cyclades.usecases import commissions, floating_ips, plugs, server_actions
from synnefo.serve.http import Caller


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an enforcement is about; empty means everybody."""

    users: Collection[str] = ()
    exclude_users: Collection[str] = ()
    projects: Collection[str] = ()
    exclude_projects: Collection[str] = ()

    def covers(self, user: str | None, project: str) -> bool:
        """Tell whether a holder is meant."""
        if (self.users and user not in self.users) or user in self.exclude_users:
            return False
        if self.projects and project not in self.projects:
            return False
        return project not in self.exclude_projects


def violations(resources: Collection[str], scope: Scope) -> list[Violation]:
    """List who holds more than allowed; where promises are under way nobody can tell yet."""
    service = commissions.service()
    found = [
        Violation(user=user, project=project, resource=resource, limit=one.limit, usage=one.usage)
        for user, places in service.service_get_quotas().items()
        for project, standings in places.items()
        for resource, one in standings.items()
        if scope.covers(user, project) and _is_over(one.limit, one.usage, one.pending)
    ]
    if not scope.users:
        found += _of_projects(service.service_get_project_quotas(), scope)
    wanted = [one for one in found if one.resource in resources]
    return sorted(wanted, key=lambda one: (one.project, one.user or "", one.resource))


def _of_projects(told: dict[str, dict[str, Standing]], scope: Scope) -> list[Violation]:
    return [
        Violation(
            user=None,
            project=project,
            resource=resource,
            limit=one.project_limit,
            usage=one.project_usage,
        )
        for project, standings in told.items()
        for resource, one in standings.items()
        if scope.covers(None, project)
        and _is_over(one.project_limit, one.project_usage, one.project_pending)
    ]


def _is_over(limit: int, usage: int, pending: int) -> bool:
    return usage > limit and not pending


def items(projects: Collection[str]) -> list[Item]:
    """List everything that these projects hold."""
    found = [
        Item(
            kind=Kind.VM,
            id=one.id,
            user=one.userid,
            project=one.project,
            state=one.operstate,
            backend=one.cluster_id,
            cpu=one.flavor.cpu,
            ram=one.flavor.ram,
        )
        for one in Server.objects.filter(deleted=False, project__in=projects)
        .select_related("flavor")
        .defer("guest")
    ]
    volumes = Volume.objects.filter(deleted=False, project__in=projects)
    found += [
        Item(
            kind=Kind.VOLUME,
            id=one.id,
            user=one.userid,
            project=one.project,
            state=one.status,
            backend=one.server.cluster_id if one.server else None,
            size=one.size,
            server=one.server_id,
            is_system=one.index == 0,
        )
        for one in volumes.select_related("server")
    ]
    return found + _addresses(projects)


def _addresses(projects: Collection[str]) -> list[Item]:
    held = IPAddress.objects.live().floating().filter(project__in=projects)
    told = held.annotate(machine=F("port__server"), state=F("port__server__operstate"))
    rows = told.values_list("id", "userid", "project", "machine", "state")
    return [
        Item(
            kind=Kind.FLOATING_IP,
            id=number,
            user=user or "",
            project=project or "",
            state=state or "",
            server=machine,
        )
        for number, user, project, machine, state in rows
    ]


def plan(
    found: Collection[Violation], *, soft: Collection[str], limits: enforcement.Limits
) -> list[Action]:
    """Choose what has to go."""
    held = items({one.project for one in found})
    return enforcement.plan(found, held, soft=soft, limits=limits)


def carry_out(
    caller: Caller, action: Action, *, remove_volume: Callable[[Caller, str], object] | None = None
) -> None:
    """Do one deed. Raises what the deed itself raises."""
    item, number = action.item, str(action.item.id)
    if item.kind is Kind.FLOATING_IP:
        _free_address(caller, number, action.deed)
    elif item.kind is Kind.VM and action.deed is Deed.SHUTDOWN:
        server_actions.stop(caller, number)
    elif item.kind is Kind.VM:
        server_actions.destroy(caller, number, while_building=True)
    elif item.is_system and item.server is not None:
        server_actions.destroy(caller, str(item.server), while_building=True)
    elif remove_volume is not None:
        remove_volume(caller, number)


def _free_address(caller: Caller, number: str, deed: Deed) -> None:
    ip = floating_ips.visible(caller, number)
    if ip.port_id is not None:
        plugs.delete_port(caller, str(ip.port_id))
    elif deed is Deed.REMOVE:
        floating_ips.delete(caller, number)
