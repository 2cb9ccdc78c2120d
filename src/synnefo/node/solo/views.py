"""How the RAPI shows things, in Ganeti 3.0's shapes. Labs: ganeti 3.2."""

import ipaddress
import os
from pathlib import Path
from typing import Any

import msgspec

from synnefo.node.solo.disks import TEMPLATES
from synnefo.node.solo.instance_work import House
from synnefo.node.solo.network_work import GROUP, cluster_tags
from synnefo.node.solo.opcodes import summary_of
from synnefo.node.solo.records import Disk, Instance, Job, Network, Nic
from synnefo.node.solo.work import fields_of

VERSION = "3.0.2"
_MAP_LIMIT = 65_536
_JOB_FIELDS = (
    "id",
    "ops",
    "status",
    "summary",
    "opstatus",
    "opresult",
    "oplog",
    "received_ts",
    "start_ts",
    "end_ts",
)


class ClusterNames(msgspec.Struct, frozen=True):
    """What the cluster, its node and its group are called."""

    cluster: str
    cluster_uuid: str
    node: str
    node_uuid: str
    group_uuid: str


def instance(house: House, one: Instance) -> dict[str, Any]:
    """Show an instance."""
    is_on = house.is_running(one)
    return {
        "name": one.name,
        "uuid": one.uuid,
        "status": _status(one, is_on=is_on),
        "admin_state": one.admin_state,
        "admin_state_source": "admin",
        "oper_state": is_on,
        "oper_ram": one.beparams["maxmem"] if is_on else None,
        "oper_vcpus": one.beparams["vcpus"] if is_on else None,
        "pnode": house.node,
        "snodes": [],
        "os": one.os,
        "disk_template": one.disk_template,
        "hypervisor": one.hypervisor,
        "disk_usage": sum(disk.size for disk in one.disks),
        "network_port": one.network_port,
        "beparams": {**one.beparams, "memory": one.beparams["maxmem"]},
        "hvparams": {"boot_order": "disk", "cdrom_image_path": "", **one.hvparams},
        "custom_beparams": one.beparams,
        "custom_hvparams": one.hvparams,
        "osparams": one.osparams,
        "ctime": one.ctime,
        "mtime": one.mtime,
        "serial_no": one.serial_no,
        "tags": list(one.tags),
        **_disks(list(one.disks)),
        **_nics(house, list(one.nics)),
        "vnc_socket": _screen(house, one) if is_on else None,
    }


def _status(one: Instance, *, is_on: bool) -> str:
    if one.admin_state == "up":
        return "running" if is_on else "ERROR_down"
    return "ERROR_up" if is_on else "ADMIN_down"


def _screen(house: House, one: Instance) -> str | None:
    path = house.machines_of(one).screen(one.name)
    return str(path) if path else None


def _disks(disks: list[Disk]) -> dict[str, Any]:
    return {
        "disk.sizes": [disk.size for disk in disks],
        "disk.uuids": [disk.uuid for disk in disks],
        "disk.names": [disk.name for disk in disks],
        "disk.spindles": [None for _ in disks],
        "disk.count": len(disks),
    }


def _nics(house: House, nics: list[Nic]) -> dict[str, Any]:
    networks = [house.network_of(nic) for nic in nics]
    links = [nic.link for nic in nics]
    return {
        "nic.count": len(nics),
        "nic.ips": [nic.ip for nic in nics],
        "nic.macs": [nic.mac for nic in nics],
        "nic.modes": [nic.mode for nic in nics],
        "nic.links": links,
        "nic.bridges": [nic.link if nic.mode == "bridged" else None for nic in nics],
        "nic.uuids": [nic.uuid for nic in nics],
        "nic.names": [nic.name for nic in nics],
        "nic.networks": [nic.network for nic in nics],
        "nic.networks.names": [one.name if one else None for one in networks],
        "nic.ssh_ports": [nic.ssh_port for nic in nics],
        "custom_nicparams": [{"mode": nic.mode, "link": nic.link, "vlan": ""} for nic in nics],
    }


def console(house: House, one: Instance) -> dict[str, Any]:
    """Show where an instance's screen is: `socket` is an addition to Ganeti's answer."""
    path = _screen(house, one)
    return {
        "instance": one.name,
        "kind": "vnc" if path else "msg",
        "message": None if path else f"Console not available for instance {one.name}",
        "host": house.node if path else None,
        "port": one.network_port if path else None,
        "display": str(one.network_port - 5900) if path else None,
        "socket": path,
        "user": None,
        "command": None,
    }


def network(house: House, one: Network) -> dict[str, Any]:
    """Show a network with its map of addresses."""
    subnet = ipaddress.IPv4Network(one.network)
    edges = {str(subnet.network_address), str(subnet.broadcast_address)}
    external = sorted(
        edges | {one.gateway or str(subnet.network_address)} | set(one.reserved),
        key=ipaddress.IPv4Address,
    )
    used = set(external) | set(house.inventory.addresses_of(one))
    shown = ["."] * min(subnet.num_addresses, _MAP_LIMIT)
    for address in used:
        position = int(ipaddress.IPv4Address(address)) - int(subnet.network_address)
        if position < len(shown):
            shown[position] = "X"
    return {
        "name": one.name,
        "uuid": one.uuid,
        "network": one.network,
        "gateway": one.gateway,
        "network6": one.network6,
        "gateway6": one.gateway6,
        "mac_prefix": one.mac_prefix,
        "free_count": subnet.num_addresses - len(used),
        "reserved_count": len(used),
        "map": "".join(shown),
        "group_list": [list(group) for group in one.groups],
        "inst_list": house.inventory.users_of(one),
        "external_reservations": ", ".join(external),
        "ctime": one.ctime,
        "mtime": one.mtime,
        "serial_no": one.serial_no,
        "tags": list(one.tags),
    }


def job(one: Job) -> dict[str, Any]:
    """Show a job."""
    return {
        "id": one.id,
        "status": one.status,
        "summary": [summary_of(op.input) for op in one.ops],
        "ops": [fields_of(op) for op in one.ops],
        "opstatus": [op.status for op in one.ops],
        "opresult": [op.result for op in one.ops],
        "oplog": [list(op.log) for op in one.ops],
        "received_ts": one.received_timestamp,
        "start_ts": one.start_timestamp,
        "end_ts": one.end_timestamp,
    }


def no_job(number: int) -> dict[str, Any]:
    """Show a job that nobody knows: every field is null."""
    return {**dict.fromkeys(_JOB_FIELDS), "id": number}


def node(house: House, names: ClusterNames) -> dict[str, Any]:
    """Show the one node with its room in MiB."""
    instances = house.inventory.instances()
    return {
        "name": names.node,
        "uuid": names.node_uuid,
        "role": "M",
        "offline": False,
        "drained": False,
        "vm_capable": True,
        "master_candidate": True,
        "master_capable": True,
        **_room(house, instances),
        "pinst_cnt": len(instances),
        "pinst_list": [one.name for one in instances],
        "sinst_cnt": 0,
        "sinst_list": [],
        "group": GROUP,
        "group.uuid": names.group_uuid,
        "pip": "127.0.0.1",
        "sip": "127.0.0.1",
        "ndparams": {},
        "custom_ndparams": {},
        "tags": [],
        "serial_no": 1,
        "ctime": None,
        "mtime": None,
    }


def _room(house: House, instances: list[Instance]) -> dict[str, int]:
    """Measure the host; a cluster of fakes claims what it is told to."""
    memory, disk = _memory(), os.statvfs(house.places.home)
    used = sum(int(one.beparams["maxmem"]) for one in instances if one.admin_state == "up")
    is_fake = house.hypervisors()[0] == "fake"
    total = house.fake_memory if is_fake else memory["MemTotal"]
    free = max(0, total - used) if is_fake else memory["MemAvailable"]
    cpus = os.cpu_count() or 1
    return {
        "mtotal": total,
        "mnode": total - free,
        "mfree": free,
        "dtotal": disk.f_blocks * disk.f_frsize >> 20,
        "dfree": disk.f_bavail * disk.f_frsize >> 20,
        "ctotal": cpus * 1024 if is_fake else cpus,
        "cnodes": cpus,
        "csockets": 1,
        "cnos": 1,
    }


def _memory() -> dict[str, int]:
    found: dict[str, int] = {}
    with Path("/proc/meminfo").open() as lines:
        for line in lines:
            key, _, rest = line.partition(":")
            found[key] = int(rest.split()[0]) >> 10
    return found


def group(house: House, names: ClusterNames) -> dict[str, Any]:
    """Show the one group."""
    return {
        "name": GROUP,
        "uuid": names.group_uuid,
        "node_cnt": 1,
        "node_list": [names.node],
        "pinst_cnt": len(house.inventory.instances()),
        "pinst_list": [one.name for one in house.inventory.instances()],
        "alloc_policy": "preferred",
        "ipolicy": _policy(),
        "custom_ipolicy": {},
        "diskparams": {},
        "custom_diskparams": {},
        "ndparams": {},
        "networks": [one.uuid for one in house.inventory.networks() if one.groups],
        "tags": [],
        "serial_no": 1,
        "ctime": None,
        "mtime": None,
    }


def info(house: House, names: ClusterNames) -> dict[str, Any]:
    """Show the cluster."""
    return {
        "name": names.cluster,
        "uuid": names.cluster_uuid,
        "master": names.node,
        "software_version": VERSION,
        "protocol_version": 3000000,
        "config_version": 3000000,
        "os_api_version": 20,
        "export_version": 0,
        "vcs_version": "(snf-solo)",
        "architecture": ["64bit", os.uname().machine],
        "default_hypervisor": house.hypervisors()[0],
        "enabled_hypervisors": house.hypervisors(),
        "enabled_disk_templates": list(TEMPLATES),
        "default_iallocator": "hail",
        "candidate_pool_size": 10,
        "max_running_jobs": 20,
        "ipolicy": _policy(),
        "hvparams": {name: {} for name in house.hypervisors()},
        "beparams": {"default": {"minmem": 128, "maxmem": 128, "vcpus": 1}},
        "nicparams": {"default": {"mode": "bridged", "link": "br0", "vlan": ""}},
        "osparams": {},
        "ndparams": {},
        "diskparams": {"ext": {"access": "userspace"}},
        "tags": cluster_tags(house),
        "mac_prefix": "aa:00:00",
        "uid_pool": [],
        "ctime": None,
        "mtime": None,
    }


def _policy() -> dict[str, Any]:
    return {"disk-templates": list(TEMPLATES), "vcpu-ratio": 256.0, "spindle-ratio": 1024.0}
