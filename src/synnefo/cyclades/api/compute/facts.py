"""What lists of servers show, read in four queries however long the list is.

Spec: compute 22.10; openstack-api 14.26.
"""

from datetime import datetime
from typing import Any

import msgspec
from django.db.models import QuerySet

from synnefo.cyclades.domain.ports import Attachment
from synnefo.cyclades.domain.server_states import Shown, status, task_state
from synnefo.cyclades.models import Server, ServerTag, Volume
from synnefo.cyclades.usecases import clusters, ports

_COLUMNS = (
    "id",
    "uuid",
    "name",
    "description",
    "userid",
    "project",
    "shared_to_project",
    "cluster__clustername",
    "cluster__offline",
    "cluster__silent_since",
    "flavor_id",
    "flavor__cpu",
    "flavor__ram",
    "flavor__disk",
    "flavor__volume_type__disk_template",
    "imageid",
    "key_names",
    "metadata",
    "config_drive",
    "availability_zone",
    "locked",
    "created",
    "updated",
    "launched",
    "terminated",
    "deleted",
    "suspended",
    "operstate",
    "task",
    "backendopcode",
    "backendjobstatus",
    "buildpercentage",
    "fault",
)


class Facts(msgspec.Struct, gc=False):
    """One server as lists show it; fields in the order of the columns."""

    id: int
    uuid: str
    name: str
    description: str | None
    userid: str
    project: str
    shared_to_project: bool
    cluster: str | None
    cluster_offline: bool | None
    cluster_silent_since: datetime | None
    flavor_id: int
    cpu: int
    ram: int
    disk: int
    disk_template: str
    imageid: str
    key_names: list[str]
    metadata: dict[str, str]
    config_drive: bool
    availability_zone: str
    locked: str | None
    created: datetime
    updated: datetime
    launched: datetime | None
    terminated: datetime | None
    deleted: bool
    suspended: bool
    operstate: str
    task: str | None
    opcode: str | None
    job_status: str | None
    percent: int
    fault: dict[str, Any] | None
    volumes: list[int] = []
    attachments: list[Attachment] = []
    tags: list[str] = []

    @property
    def status(self) -> str:
        """Tell the status that the older dialect shows."""
        return status(
            Shown(
                state=self.operstate,
                deleted=self.deleted,
                task=self.task,
                opcode=self.opcode,
                job_status=self.job_status,
                is_lost=self.is_lost,
            )
        )

    @property
    def is_lost(self) -> bool:
        """Tell whether its cluster has not answered for a while."""
        return bool(self.cluster_offline) or clusters.is_lost(self.cluster_silent_since)

    @property
    def task_state(self) -> str:
        """Tell what the server is busy with."""
        return task_state(self.task)

    @property
    def flavor_name(self) -> str:
        """Make the flavor's name."""
        return f"C{self.cpu}R{self.ram}D{self.disk}{self.disk_template}"


def of(servers: "QuerySet[Server]") -> list[Facts]:
    """Read what is shown of these servers."""
    found = {row[0]: Facts(*row) for row in servers.values_list(*_COLUMNS)}
    if not found:
        return []
    ids = _those(servers, list(found))
    disks = Volume.objects.filter(server_id__in=ids, deleted=False).order_by("id")
    for server_id, volume_id in disks.values_list("server_id", "id"):
        if server_id in found:
            found[server_id].volumes.append(volume_id)
    for server_id, held in ports.addresses_of(ids).items():
        if server_id in found:
            found[server_id].attachments = held
    tags = ServerTag.objects.filter(server_id__in=ids).order_by("id")
    for server_id, tag in tags.values_list("server_id", "tag"):
        if server_id in found:
            found[server_id].tags.append(tag)
    return list(found.values())


def _those(servers: "QuerySet[Server]", ids: list[int]) -> "list[int] | QuerySet[Server, int]":
    """Name many servers by the question that found them: cheaper than a thousand numbers."""
    if len(ids) < 50 or servers.query.is_sliced:
        return ids
    return servers.order_by().values_list("id", flat=True)


def one(server: Server) -> Facts:
    """Read what is shown of one server."""
    return of(Server.objects.filter(id=server.id))[0]
