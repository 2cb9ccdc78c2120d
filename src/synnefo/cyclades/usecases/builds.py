"""How a recorded server gets to its cluster. `jobs.submit` carries the errand out.

Spec: compute 8.1; house rules, section 4.
"""

from dataclasses import dataclass

import msgspec
from django.db import transaction

from synnefo.cyclades.domain import guests, names, placement
from synnefo.cyclades.domain.ciphers import decrypt
from synnefo.cyclades.domain.instances import DiskSpec, Guest, InstanceSpec
from synnefo.cyclades.domain.server_states import State, Task
from synnefo.cyclades.models import Cluster, Network, Server, Volume
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import histories, ports
from synnefo.kit import clock, conf
from synnefo.serve.errands import Errand

DB = "cyclades"
SUBMIT_BUILD = Errand("cyclades.submit_build", give_up_after=600)


@dataclass(frozen=True)
class Build:
    """A server to be made: where, of what, and on which networks."""

    server_id: int
    cluster: Cluster
    spec: InstanceSpec
    networks: list[Network]
    again: bool
    """Whether its cluster may have been asked before."""

    def after(self, jobs: list[int]) -> InstanceSpec:
        """Answer the instance, to be made when these jobs have succeeded."""
        return msgspec.structs.replace(self.spec, after=tuple(jobs))


def begin(server_id: int, secret: str) -> Build | None:
    """Note that a cluster is about to be asked, and answer with what; None when there is no need.

    From this note on nobody believes that there is no instance.
    """
    rows = Server.objects.select_related("flavor__volume_type", "cluster")
    server = rows.filter(id=server_id, deleted=False).first()
    if server is None or server.cluster is None or not _waits(server):
        return None
    again = server.build_asked is not None
    if not again:
        unasked = Server.objects.filter(id=server_id, build_asked=None, task=Task.BUILD)
        if not unasked.update(build_asked=clock.now()):
            return None
    settings = conf.of(CycladesSettings)
    password = decrypt(secret, settings.secret_encryption_key)
    held = Network.objects.filter(ports__server=server).distinct().order_by("id")
    return Build(server.id, server.cluster, _spec(server, password), list(held), again)


def _waits(server: Server) -> bool:
    return server.state is State.BUILD and server.task == Task.BUILD and server.task_job_id is None


def _spec(server: Server, password: str) -> InstanceSpec:
    settings = conf.of(CycladesSettings)
    template, _provider = placement.template_of(server.flavor.volume_type.disk_template)
    disks = server.volumes.filter(deleted=False).select_related("volume_type").order_by("index")
    root = next(iter(disks), None)
    return InstanceSpec(
        name=names.instance(settings.backend_prefix_id, server.id),
        vcpus=server.flavor.cpu,
        memory_mib=server.flavor.ram,
        disk_template=template,
        disks=tuple(disk_spec(volume) for volume in disks),
        nics=tuple(ports.nics_of(server)),
        guest=_guest(server, password),
        image_id=image_uri(root),
        image_format=str(server.guest.get("image_format", "diskdump")),
        image_properties=dict(server.guest.get("image_properties", {})),
        hypervisor=server.cluster.hypervisor if server.cluster else "kvm",
    )


def image_uri(root: Volume | None) -> str:
    """Tell the OS definition what to copy to the root disk: nothing where storage clones it.

    Spec: compute 12, images-and-nodes 1.4.
    """
    if root is None or not root.origin or disk_spec(root).origin:
        return "null"
    return f"pithosmap://{root.origin}/{root.origin_size}"


def disk_spec(volume: Volume) -> DiskSpec:
    """Describe a volume for its cluster."""
    settings = conf.of(CycladesSettings)
    _template, provider = placement.template_of(volume.volume_type.disk_template)
    clones = provider in settings.ganeti_clone_providers
    return DiskSpec(
        name=names.volume(settings.backend_prefix_id, volume.id),
        size_mib=volume.size * 1024,
        provider=provider,
        origin=volume.origin if clones else None,
        origin_size=volume.origin_size if clones else None,
        extra=settings.ganeti_disk_provider_kwargs.get(provider or "", {}),
    )


def _guest(server: Server, password: str) -> Guest:
    return Guest(
        server_uuid=server.uuid,
        hostname=guests.hostname_of(server.name),
        admin_pass=password,
        ssh_keys=tuple(server.guest.get("ssh_keys", ())),
        user_data=str(server.guest.get("user_data", "")),
        personality=tuple(server.guest.get("personality", ())),
        meta=dict(server.metadata),
        project_id=server.project,
    )


def attach_job(server_id: int, job: int) -> None:
    """Note which job builds a server, unless its event was quicker."""
    waiting = Server.objects.filter(id=server_id, task=Task.BUILD, task_job_id=None)
    waiting.update(
        task_job_id=job,
        backendjobid=job,
        backendopcode="OP_INSTANCE_CREATE",
        backendjobstatus="queued",
    )
    Server.objects.filter(id=server_id, backendjobid=None).update(backendjobid=job)
    Volume.objects.filter(server_id=server_id, backendjobid=None).update(backendjobid=job)


def fail(server_id: int, reason: str) -> None:
    """Turn a server that no cluster will build into an ERROR with its reason.

    Quota and addresses stay until its owner deletes it. Spec: compute 4.3.
    """
    with transaction.atomic(using=DB):
        server = Server.objects.select_for_update(of=("self",)).filter(id=server_id).first()
        if server is None or server.state is not State.BUILD or server.deleted:
            return
        mark_failed(server, reason)
        server.save()


def mark_failed(server: Server, reason: str) -> None:
    """Write the ERROR of a failed build into a locked row; the caller saves it."""
    server.operstate = State.ERROR
    if server.task == Task.BUILD:
        server.task = server.task_job_id = server.task_since = None
    server.updated = clock.now()
    ports.fail(server)
    server.volumes.filter(deleted=False).update(status="ERROR", updated=server.updated)
    histories.diagnose(server, reason, source="build")
    histories.ended(server.id, failure=reason)
