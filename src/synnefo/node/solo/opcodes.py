"""Ganeti's opcodes, as far as Cyclades uses them. Spec: compute 10; labs: ganeti 3, 4.

A body of the RAPI, the input of a stored job and what the work is handed are the same struct.
"""

from typing import TypeAlias

import msgspec

Scalar: TypeAlias = str | int | float | bool | None
Params: TypeAlias = dict[str, Scalar]
DeviceChange: TypeAlias = list[str | int | Params]
"""`["add", -1, {...}]`, `["add", {...}]`, `["modify", ID, {...}]`, `["remove", ID, {...}]`."""
Dependency: TypeAlias = tuple[int, list[str]]


class Opcode(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, tag_field="OP_ID"):
    """What every opcode carries."""

    dry_run: bool = False
    debug_level: int = 0
    priority: int = 0
    depends: list[Dependency] | None = None
    comment: str | None = None
    reason: list[tuple[str, str, int]] = []


class InstanceCreate(Opcode, tag="OP_INSTANCE_CREATE"):
    """Make an instance and start it."""

    instance_name: str
    mode: str = "create"
    disk_template: str = "diskless"
    disks: list[Params] = []
    nics: list[Params] = []
    hypervisor: str | None = None
    os_type: str | None = None
    osparams: dict[str, Scalar] = {}
    osparams_private: dict[str, Scalar] = {}
    osparams_secret: dict[str, Scalar] = {}
    beparams: Params = {}
    hvparams: Params = {}
    tags: list[str] = []
    start: bool = True
    no_install: bool = False
    ip_check: bool = True
    name_check: bool = True
    conflicts_check: bool = True
    wait_for_sync: bool = True
    opportunistic_locking: bool = False
    iallocator: str | None = None
    pnode: str | None = None
    snode: str | None = None
    group_name: str | None = None
    force_variant: bool = False
    instance_communication: bool = False


class InstanceRemove(Opcode, tag="OP_INSTANCE_REMOVE"):
    """Stop an instance and forget it, disks and all."""

    instance_name: str
    ignore_failures: bool = False
    shutdown_timeout: int = 120


class InstanceStartup(Opcode, tag="OP_INSTANCE_STARTUP"):
    """Start a stopped instance; a running one is left alone."""

    instance_name: str
    force: bool = False
    ignore_offline_nodes: bool = False
    hvparams: Params = {}
    beparams: Params = {}
    no_remember: bool = False
    startup_paused: bool = False
    shutdown_timeout: int = 120


class InstanceShutdown(Opcode, tag="OP_INSTANCE_SHUTDOWN"):
    """Ask the guest to power off, then switch it off."""

    instance_name: str
    force: bool = False
    ignore_offline_nodes: bool = False
    timeout: int = 120
    no_remember: bool = False
    admin_state_source: str | None = None


class InstanceReboot(Opcode, tag="OP_INSTANCE_REBOOT"):
    """Reboot: `soft` inside the same QEMU, `hard` and `full` in a new one."""

    instance_name: str
    reboot_type: str = "hard"
    ignore_secondaries: bool = False
    shutdown_timeout: int = 120


class InstanceSetParams(Opcode, tag="OP_INSTANCE_SET_PARAMS"):
    """Change devices and parameters."""

    instance_name: str
    nics: list[DeviceChange] = []
    disks: list[DeviceChange] = []
    beparams: Params = {}
    hvparams: Params = {}
    osparams: dict[str, Scalar] | None = None
    os_name: str | None = None
    force: bool = False
    hotplug: bool = False
    hotplug_if_possible: bool = False
    wait_for_sync: bool = True
    keep_disks: bool = False
    conflicts_check: bool = True
    allow_arbit_params: bool = False
    force_variant: bool = False
    offline: bool | None = None


class InstanceGrowDisk(Opcode, tag="OP_INSTANCE_GROW_DISK"):
    """Make a disk larger."""

    instance_name: str
    disk: int | str
    amount: int
    wait_for_sync: bool = True
    absolute: bool = False
    ignore_ipolicy: bool = False


class InstanceRename(Opcode, tag="OP_INSTANCE_RENAME"):
    """Give a stopped instance another name."""

    instance_name: str
    new_name: str
    name_check: bool = False
    ip_check: bool = False


class InstanceSnapshot(Opcode, tag="OP_INSTANCE_SNAPSHOT"):
    """Have the storage provider take snapshots of disks."""

    instance_name: str
    disks: list[tuple[int | str, dict[str, str]]]


class NetworkAdd(Opcode, tag="OP_NETWORK_ADD"):
    """Make a network known; nothing is wired yet."""

    network_name: str
    network: str
    gateway: str | None = None
    network6: str | None = None
    gateway6: str | None = None
    mac_prefix: str | None = None
    add_reserved_ips: list[str] | None = None
    tags: list[str] = []
    conflicts_check: bool = True


class NetworkRemove(Opcode, tag="OP_NETWORK_REMOVE"):
    """Forget a network that is connected to no group."""

    network_name: str
    force: bool = False


class NetworkConnect(Opcode, tag="OP_NETWORK_CONNECT"):
    """Wire a network on the nodes of a group."""

    network_name: str
    group_name: str
    network_mode: str = "bridged"
    network_link: str = ""
    network_vlan: str = ""
    conflicts_check: bool = True


class NetworkDisconnect(Opcode, tag="OP_NETWORK_DISCONNECT"):
    """Undo the wiring of a network on a group."""

    network_name: str
    group_name: str


class NetworkSetParams(Opcode, tag="OP_NETWORK_SET_PARAMS"):
    """Change a network."""

    network_name: str
    gateway: str | None = None
    network6: str | None = None
    gateway6: str | None = None
    mac_prefix: str | None = None
    add_reserved_ips: list[str] | None = None
    remove_reserved_ips: list[str] | None = None


class TagsSet(Opcode, tag="OP_TAGS_SET"):
    """Put tags on an object of `kind` instance, network, node, group or cluster."""

    kind: str
    tags: list[str]
    name: str | None = None


class TagsDel(Opcode, tag="OP_TAGS_DEL"):
    """Take tags off an object."""

    kind: str
    tags: list[str]
    name: str | None = None


class ClusterSetParams(Opcode, tag="OP_CLUSTER_SET_PARAMS"):
    """Change the cluster; used with an empty body to test write access."""


InstanceOpcode: TypeAlias = (
    InstanceCreate
    | InstanceRemove
    | InstanceStartup
    | InstanceShutdown
    | InstanceReboot
    | InstanceSetParams
    | InstanceGrowDisk
    | InstanceRename
    | InstanceSnapshot
)
NetworkOpcode: TypeAlias = (
    NetworkAdd | NetworkRemove | NetworkConnect | NetworkDisconnect | NetworkSetParams
)
AnyOpcode: TypeAlias = InstanceOpcode | NetworkOpcode | TagsSet | TagsDel | ClusterSetParams


def name_of(opcode: AnyOpcode) -> str:
    """Tell the opcode's Ganeti name, such as `OP_INSTANCE_CREATE`."""
    return str(opcode.__struct_config__.tag)


def target_of(opcode: AnyOpcode) -> str:
    """Tell the name of the object that an opcode is about."""
    match opcode:
        case TagsSet() | TagsDel():
            return opcode.name or ""
        case ClusterSetParams():
            return ""
        case NetworkAdd() | NetworkRemove() | NetworkConnect() | NetworkDisconnect():
            return opcode.network_name
        case NetworkSetParams():
            return opcode.network_name
        case _:
            return opcode.instance_name


def summary_of(opcode: AnyOpcode) -> str:
    """Summarise as Ganeti does, such as `INSTANCE_CREATE(snf-1)`."""
    target = target_of(opcode)
    name = name_of(opcode).removeprefix("OP_")
    return f"{name}({target})" if target else name


def locks_of(opcode: AnyOpcode) -> frozenset[str]:
    """Name what a job must have for itself while it runs."""
    match opcode:
        case TagsSet() | TagsDel():
            return frozenset({f"{opcode.kind}/{opcode.name or ''}"})
        case ClusterSetParams():
            return frozenset({"cluster/"})
        case InstanceRename():
            return frozenset({f"instance/{opcode.instance_name}", f"instance/{opcode.new_name}"})
        case NetworkAdd() | NetworkRemove() | NetworkConnect() | NetworkDisconnect():
            return frozenset({f"network/{opcode.network_name}"})
        case NetworkSetParams():
            return frozenset({f"network/{opcode.network_name}"})
        case _:
            return frozenset({f"instance/{opcode.instance_name}"})
