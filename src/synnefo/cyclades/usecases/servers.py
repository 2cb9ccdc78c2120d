"""Servers: made, found, renamed, described. Their jobs are elsewhere.

Spec: compute 4.2 to 4.4, 8.1; house rules, section 4.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec
from django.db import models, transaction
from django.db.models import Q, QuerySet

from synnefo.cyclades.domain import costs, guests, placement, server_plan
from synnefo.cyclades.domain.ciphers import encrypt
from synnefo.cyclades.domain.ports import PortPlan
from synnefo.cyclades.domain.server_plan import DiskPlan, ServerOrder
from synnefo.cyclades.domain.server_states import Action, State, Task, check
from synnefo.cyclades.models import Cluster, Flavor, Server, ServerTag, Volume
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import (
    builds,
    clusters,
    commissions,
    flavors,
    histories,
    images,
    keypairs,
    ports,
)
from synnefo.kit import clock, conf, ids
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound
from synnefo.kit.units import is_number
from synnefo.serve import errands
from synnefo.serve.http import Caller
from synnefo.serve.rows import insert
from synnefo.serve.statements import is_postgresql

DB = "cyclades"
MOST_REPEATS = 2


class Made(msgspec.Struct, frozen=True):
    """New servers of one order, and the password that all of them have."""

    servers: list[Server]
    admin_pass: str


@dataclass(frozen=True)
class Draft:
    """An order with everything decided that can be decided before a row is written."""

    order: ServerOrder
    project: str
    flavor: Flavor
    cluster: Cluster
    image_id: str
    guest: dict[str, object]
    ports: list[PortPlan]
    disks: list[DiskPlan]
    admin_pass: str

    @property
    def demand(self) -> placement.Demand:
        """Answer what one such server needs of its cluster."""
        return _demand(self.flavor, self.disks)

    @property
    def charge(self) -> costs.Charge:
        """Answer what one such server costs."""
        disk = sum(disk.size for disk in self.disks)
        return costs.of_new_server(costs.Size(cpu=self.flavor.cpu, ram=self.flavor.ram, disk=disk))


def create(caller: Caller, order: ServerOrder) -> Made:
    """Reserve, record and queue new servers; no cluster is spoken to here.

    The errand that builds them also tells the quota service that the promise is kept.
    Raises BadRequest, ItemNotFound, Forbidden, Conflict, OverLimit or ServiceUnavailable.
    """
    draft = _draft(caller, order)
    wanted = commissions.provisions(caller.user_id, draft.project, draft.charge, times=order.count)
    name, asked = f"client: api, server {order.name}", clock.monotonic()
    with (
        commissions.reserve(wanted, name, tell=False, note=False) as serial,
        transaction.atomic(using=DB) if _is_long(draft) else nullcontext(),
    ):
        receipts = []
        if serial is not None:
            receipts = [commissions.ledger().receipt(serial, clock.monotonic() - asked)]
        made = []
        for index in range(order.count):
            made.append(_record(caller, draft, index, receipts if not index else []))
        clusters.take_room(draft.cluster.id, draft.demand, times=order.count)
    return Made(made, draft.admin_pass)


def _is_long(draft: Draft) -> bool:
    """Tell whether writing an order takes more than one statement where one could do."""
    if draft.ports or draft.order.count > 1:
        return True
    return not is_postgresql(DB)


def _draft(caller: Caller, order: ServerOrder) -> Draft:
    settings = conf.of(CycladesSettings)
    server_plan.check_name(order.name)
    guests.check_files(
        order.personality, count=settings.max_personality, size=settings.max_personality_size
    )
    guests.check_tags(order.tags, settings.cyclades_vm_max_tags)
    flavor = flavors.for_create(caller, order.flavor)
    image = images.for_boot(caller, server_plan.image_of(order))
    source = server_plan.BootSource(
        id=image.id,
        size_bytes=image.size_bytes,
        min_disk=image.min_disk or 0,
        min_ram=image.min_ram or 0,
        map_name=image.map_name,
    )
    size = server_plan.FlavorSize(cpu=flavor.cpu, ram=flavor.ram, disk=flavor.disk)
    disks = server_plan.disks(order, size, source, settings.cyclades_volume_max_size)
    if len(disks) > settings.ganeti_max_disks_per_instance:
        most = settings.ganeti_max_disks_per_instance
        raise BadRequest(f"A server can have at most {most} disks.")
    guest: dict[str, object] = {
        "user_data": guests.check_user_data(order.user_data),
        "personality": [msgspec.structs.asdict(file) for file in order.personality],
        "ssh_keys": keypairs.contents(caller, order.key_names),
        "image_format": image.disk_format,
        "image_properties": dict(image.properties),
    }
    project = _project(caller, order)
    return Draft(
        order=order,
        project=project,
        flavor=flavor,
        cluster=_cluster(caller, order, project, _demand(flavor, disks)),
        image_id=image.id,
        guest=guest,
        ports=ports.plan_for_server(caller, order.networks),
        disks=disks,
        admin_pass=_password(order.admin_pass),
    )


def _cluster(
    caller: Caller, order: ServerOrder, project: str, demand: placement.Demand
) -> Cluster:
    """Pick the cluster of a new server; operators may name one that takes no others."""
    if order.cluster is not None and caller.is_admin:
        return Cluster.objects.get(id=order.cluster)
    return clusters.choose_for(caller.user_id, project, demand)


def _project(caller: Caller, order: ServerOrder) -> str:
    """Decide who pays: the token's project, unless the order names it otherwise."""
    if order.shared_to_project:
        raise Forbidden("Servers cannot be shared to a project here.")
    if order.project and order.project != caller.project_id and not caller.is_admin:
        raise BadRequest("You are no member of this project. Sign in for it first.")
    return order.project or caller.project_id or caller.user_id


def _password(given: str | None) -> str:
    return guests.check_password(given) if given else guests.make_password(secrets.choice)


def _demand(flavor: Flavor, disks: list[DiskPlan]) -> placement.Demand:
    template, _provider = placement.template_of(flavor.volume_type.disk_template)
    disk = sum(disk.size for disk in disks) * 1024
    return placement.Demand(
        ram=flavor.ram, disk=disk * 2 if template == "drbd" else disk, template=template
    )


def _record(caller: Caller, draft: Draft, index: int, receipts: Sequence[models.Model]) -> Server:
    """Write one server with its volumes and ports, and the errand that builds it."""
    server = _row(caller, draft, index)
    key = conf.of(CycladesSettings).secret_encryption_key
    secret = encrypt(draft.admin_pass, key)

    def rest() -> Iterator[models.Model]:
        for place, disk in enumerate(draft.disks):
            yield _volume(server, disk, place, server.created)
        for tag in dict.fromkeys(draft.order.tags):
            yield ServerTag(server=server, tag=tag)
        yield histories.beginning(caller, server, "create")
        yield from receipts
        yield builds.SUBMIT_BUILD.row(server_id=server.id, secret=secret)

    insert(server, rest)
    ports.allocate(server, draft.ports)
    transaction.on_commit(partial(errands.wake, DB), using=DB, robust=True)
    return server


def _row(caller: Caller, draft: Draft, index: int) -> Server:
    order, moment = draft.order, clock.now()
    return Server(
        uuid=ids.new_uuid(),
        name=order.name if order.count == 1 else f"{order.name}-{index + 1}",
        description=order.description,
        userid=caller.user_id,
        project=draft.project,
        cluster=draft.cluster,
        flavor=draft.flavor,
        imageid=draft.image_id,
        key_names=list(order.key_names),
        metadata=order.metadata,
        guest=draft.guest,
        config_drive=order.config_drive,
        availability_zone=order.availability_zone or "nova",
        created=moment,
        updated=moment,
        operstate=State.BUILD,
        action=Action.CREATE,
        task=Task.BUILD,
        task_since=moment,
        backendtime=datetime.fromtimestamp(0, moment.tzinfo),
    )


def _volume(server: Server, disk: DiskPlan, index: int, moment: datetime) -> Volume:
    return Volume(
        uuid=ids.new_uuid(),
        userid=server.userid,
        project=server.project,
        size=disk.size,
        volume_type=server.flavor.volume_type,
        delete_on_termination=disk.delete_on_termination,
        source=disk.source,
        origin=disk.origin,
        origin_size=disk.origin_size,
        server=server,
        index=index,
        created=moment,
        updated=moment,
    )


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which servers a list shows."""

    changes_since: datetime | None = None
    all_users: bool = False
    deleted: bool | None = None
    """True shows deleted ones only; None shows them only to `changes_since`."""
    fields: dict[str, str] = {}
    """Exact matches of columns."""
    name: str | None = None
    """A regular expression, as Nova's clients send."""
    states: tuple[str, ...] | None = None
    marker: str | None = None
    limit: int | None = None
    newest_first: bool = False


def visible(caller: Caller, wanted: Wanted | None = None) -> "QuerySet[Server]":
    """List servers that the caller may see; its own unless an administrator asks for all."""
    wanted = wanted or Wanted()
    found = Server.objects.visible_to(caller)
    if not (wanted.all_users and caller.is_admin):
        found = found.filter(userid=caller.user_id)
    if wanted.changes_since is not None:
        found = found.filter(updated__gte=wanted.changes_since)
    if wanted.deleted is not None or wanted.changes_since is None:
        found = found.filter(deleted=bool(wanted.deleted))
    if wanted.fields:
        found = found.filter(**wanted.fields)
    if wanted.name:
        found = found.filter(_name_like(wanted.name))
    if wanted.states is not None:
        found = found.filter(operstate__in=wanted.states)
    return _page(found, wanted)


def _name_like(text: str) -> Q:
    plain = text.removeprefix("^").removesuffix("$")
    if plain.replace("-", "").replace("_", "").replace(" ", "").isalnum():
        anchored = text.startswith("^") and text.endswith("$")
        return Q(name=plain) if anchored else Q(name__contains=plain)
    return Q(name__iregex=text) if _is_quick(text) else Q(name__contains=text)


def _is_quick(pattern: str) -> bool:
    """Tell whether a pattern is sound and matches any name in no time.

    Groups, choices and many repetitions can take a matcher years; they are taken as plain text.
    """
    repeats = sum(pattern.count(sign) for sign in "*+?")
    if repeats > MOST_REPEATS or set(pattern) & set("(|{"):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _page(found: "QuerySet[Server]", wanted: Wanted) -> "QuerySet[Server]":
    order = "-id" if wanted.newest_first else "id"
    if wanted.marker is not None:
        if not is_number(wanted.marker):
            raise BadRequest(f"The marker '{wanted.marker}' is no server.")
        after = int(wanted.marker)
        found = found.filter(id__lt=after) if wanted.newest_first else found.filter(id__gt=after)
    found = found.order_by(order)
    return found if wanted.limit is None else found[: wanted.limit]


def show(caller: Caller, server_id: str, *, deleted: bool = True) -> Server:
    """Answer a server that the caller may see; deleted ones too unless told otherwise."""
    found = None
    if server_id.isascii() and server_id.isdigit() and len(server_id) < 19:
        rows = Server.objects.visible_to(caller).select_related("flavor__volume_type", "cluster")
        found = rows.filter(id=int(server_id)).first()
    if found is None or (found.deleted and not deleted):
        raise ItemNotFound(f"There is no server '{server_id}'.")
    return found


def locked(caller: Caller, server_id: str) -> Server:
    """Answer a server, its row locked in the caller's transaction."""
    shown = show(caller, server_id)
    return Server.objects.select_for_update(of=("self",)).get(id=shown.id)


def rename(
    caller: Caller, server_id: str, *, name: str | None = None, description: str | None = None
) -> Server:
    """Change a server's name or description."""
    with transaction.atomic(using=DB):
        server = locked(caller, server_id)
        check(Action.MODIFY, server.standing, admin=caller.is_admin)
        if name is not None:
            server.name = server_plan.check_name(name)
        if description is not None:
            server.description = description[:255]
        server.updated = clock.now()
        server.save(update_fields=["name", "description", "updated"])
    return server


def change_metadata(
    caller: Caller, server_id: str, changes: dict[str, object], *, replace: bool = False
) -> dict[str, str]:
    """Merge metadata into a server's, or replace it; answers the whole."""
    limit = conf.of(CycladesSettings).cyclades_vm_max_metadata
    with transaction.atomic(using=DB):
        server = locked(caller, server_id)
        check(Action.MODIFY, server.standing, admin=caller.is_admin)
        kept = {} if replace else server.metadata
        server.metadata = guests.check_metadata({**kept, **changes}, limit)
        server.updated = clock.now()
        server.save(update_fields=["metadata", "updated"])
    return dict(server.metadata)


def drop_metadata(caller: Caller, server_id: str, key: str) -> None:
    """Remove one metadata item."""
    with transaction.atomic(using=DB):
        server = locked(caller, server_id)
        check(Action.MODIFY, server.standing, admin=caller.is_admin)
        if key not in server.metadata:
            raise ItemNotFound(f"The server has no metadata item '{key}'.")
        del server.metadata[key]
        server.updated = clock.now()
        server.save(update_fields=["metadata", "updated"])


def replace_tags(caller: Caller, server_id: str, tags: list[str]) -> list[str]:
    """Put these tags in the place of all others."""
    wanted = guests.check_tags(tags, conf.of(CycladesSettings).cyclades_vm_max_tags)
    with transaction.atomic(using=DB):
        server = locked(caller, server_id)
        check(Action.MODIFY, server.standing, admin=caller.is_admin)
        server.tags.all().delete()
        ServerTag.objects.bulk_create(ServerTag(server=server, tag=tag) for tag in wanted)
        Server.objects.filter(id=server.id).update(updated=clock.now())
    return wanted


def tags_of(server: Server) -> list[str]:
    """List a server's tags in their order."""
    return list(server.tags.order_by("id").values_list("tag", flat=True))


def set_lock(caller: Caller, server_id: str, reason: str | None) -> None:
    """Lock a server against changes by its owner (`reason` may be empty), or unlock it."""
    server = show(caller, server_id, deleted=False)
    Server.objects.filter(id=server.id).update(locked=reason, updated=clock.now())
