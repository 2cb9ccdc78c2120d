"""Instances as a cluster knows them: what we ask for, and what it tells us."""

import msgspec


class NicSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A network card of an instance. `network` is the network's name on the cluster."""

    name: str
    network: str
    ip: str | None = None
    mac: str | None = None
    mode: str | None = None
    link: str | None = None
    firewall: str | None = None
    tags: tuple[str, ...] = ()
    ssh_port: int | None = None
    """Loopback port of the node that leads to the guest's SSH; in user-mode networks only."""


class DiskSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A disk of an instance; `origin` names what it is cloned from."""

    name: str
    size_mib: int
    provider: str | None = None
    origin: str | None = None
    origin_size: int | None = None
    extra: dict[str, str] = {}


class Guest(msgspec.Struct, frozen=True, kw_only=True):
    """What the guest finds in its config drive."""

    server_uuid: str
    hostname: str
    admin_pass: str = ""
    ssh_keys: tuple[str, ...] = ()
    user_data: str = ""
    """Base64, as the caller sent it."""
    personality: tuple[dict[str, str | int], ...] = ()
    meta: dict[str, str] = {}
    project_id: str = ""


class InstanceSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a cluster needs to make one instance."""

    name: str
    vcpus: int
    memory_mib: int
    disk_template: str
    disks: tuple[DiskSpec, ...]
    nics: tuple[NicSpec, ...] = ()
    guest: Guest
    image_id: str = ""
    image_format: str = "diskdump"
    image_properties: dict[str, str] = {}
    hypervisor: str = "kvm"
    after: tuple[int, ...] = ()
    """Jobs that must have succeeded first."""
    tags: tuple[str, ...] = ()


class InstanceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An instance as its cluster reports it."""

    name: str
    running: bool
    status: str
    node: str
    vcpus: int = 0
    memory_mib: int = 0
    network_port: int | None = None
    nics: tuple[NicSpec, ...] = ()
    disks: tuple[DiskSpec, ...] = ()
    tags: tuple[str, ...] = ()
    created: float = 0.0
    changed: float = 0.0


class JobFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A job as its cluster reports it."""

    id: int
    status: str
    opcode: str
    instance: str = ""
    reason: str = ""
    """Why it failed, in the cluster's words."""
    code: str = ""
    """Ganeti's error code, such as `insufficient_resources`."""
    ended: float | None = None
    """Seconds since 1970."""
    vcpus: int | None = None
    memory_mib: int | None = None
    """The size asked for, where the job changes it."""


class ClusterFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster's name, what storage it takes, and what room is left on it (MiB)."""

    name: str
    disk_templates: tuple[str, ...] = ()
    mfree: int = 0
    mtotal: int = 0
    dfree: int = 0
    dtotal: int = 0
    pinst_cnt: int = 0
    ctotal: int = 0


class VncPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where an instance's screen can be reached: a host and port, or a unix socket."""

    host: str = ""
    port: int = 0
    socket: str = ""


FINAL = frozenset({"success", "error", "canceled"})


def is_final(status: str | None) -> bool:
    """Tell whether a job in this status will change no more."""
    return status in FINAL
