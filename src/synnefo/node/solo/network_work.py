"""What jobs on networks and tags do. Spec: network 9, 12."""

import ipaddress
import time
from collections.abc import Callable
from typing import TypeAlias

from synnefo.kit.ids import new_uuid
from synnefo.node.solo.failures import refused
from synnefo.node.solo.instance_work import House
from synnefo.node.solo.job_queue import Task
from synnefo.node.solo.opcodes import (
    NetworkAdd,
    NetworkConnect,
    NetworkDisconnect,
    NetworkRemove,
    NetworkSetParams,
    TagsDel,
    TagsSet,
)
from synnefo.node.solo.records import Instance, Network

TagChange: TypeAlias = Callable[[set[str]], set[str]]

GROUP = "default"
_CLUSTER_TAGS = "cluster_tags"


def add(house: House, task: Task, op: NetworkAdd) -> object:
    """Make a network known."""
    found = house.inventory.find_network(op.network_name)
    if found is not None:
        if found.job == task.job:
            return None
        raise refused(f"Network '{op.network_name}' already exists", "already_exists")
    subnet = read_subnet(op.network)
    with house.inventory.lock:
        network = Network(
            name=op.network_name,
            uuid=new_uuid(),
            network=str(subnet),
            number=house.inventory.new_network_number(),
            gateway=op.gateway,
            network6=op.network6,
            gateway6=op.gateway6,
            mac_prefix=op.mac_prefix,
            tags=sorted(set(op.tags)),
            reserved=list(op.add_reserved_ips or []),
            ctime=time.time(),
            job=task.job,
        )
        if op.gateway and ipaddress.ip_address(op.gateway) not in subnet:
            raise refused(f"Gateway {op.gateway} is not in {subnet}")
        house.inventory.keep_network(network)
    return None


def read_subnet(text: str) -> ipaddress.IPv4Network:
    """Read a subnet as Ganeti does: no host bits."""
    try:
        return ipaddress.IPv4Network(text)
    except ValueError as error:
        raise refused(str(error)) from error


def connect(house: House, task: Task, op: NetworkConnect) -> object:
    """Wire a network; one that is wired already is fine."""
    network = house.inventory.network(op.network_name)
    _check_group(op.group_name)
    if not network.groups or task.resumed:
        group = (op.group_name, op.network_mode, op.network_link, op.network_vlan)
        network.groups = [group]
        for wiring in house.wirings():
            wiring.connect(network)
        house.inventory.keep_network(network)
    return None


def disconnect(house: House, task: Task, op: NetworkDisconnect) -> object:
    """Undo a network's wiring, once no instance uses it."""
    network = house.inventory.network(op.network_name)
    _check_group(op.group_name)
    users = house.inventory.users_of(network)
    if users:
        message = f"Network '{network.name}' is used by {', '.join(users[:5])}"
        raise refused(message, "wrong_state")
    for wiring in house.wirings():
        wiring.disconnect(network)
    network.groups = []
    house.inventory.keep_network(network)
    return None


def remove(house: House, task: Task, op: NetworkRemove) -> object:
    """Forget a network."""
    network = house.inventory.find_network(op.network_name)
    if network is None and task.resumed:
        return None
    network = house.inventory.network(op.network_name)
    if network.groups:
        raise refused("Network still connected", "wrong_state")
    house.inventory.forget_network(network)
    return None


def set_params(house: House, task: Task, op: NetworkSetParams) -> object:
    """Change a network; wired ones are wired anew."""
    network = house.inventory.network(op.network_name)
    for key in ("gateway", "network6", "gateway6", "mac_prefix"):
        value = getattr(op, key)
        if value is not None:
            setattr(network, key, None if value == "none" else value)
    reserved = set(network.reserved) | set(op.add_reserved_ips or [])
    network.reserved = sorted(reserved - set(op.remove_reserved_ips or []))
    house.inventory.keep_network(network)
    if network.groups:
        for wiring in house.wirings():
            wiring.connect(network)
    return None


def _check_group(name: str) -> None:
    if name != GROUP:
        raise refused(f"Node group '{name}' not known", "unknown_entity")


def set_tags(house: House, task: Task, op: TagsSet) -> object:
    """Put tags on an object; an instance's firewall follows."""
    _change_tags(house, op, lambda tags: tags | set(op.tags))
    return None


def delete_tags(house: House, task: Task, op: TagsDel) -> object:
    """Take tags off an object; an instance's firewall follows."""
    if op.kind == "instance" and not op.dry_run and not task.resumed:
        missing = set(op.tags) - set(house.inventory.instance(op.name or "").tags)
        if missing:
            raise refused(f"Tag(s) {', '.join(sorted(missing))} not found", "unknown_entity")
    _change_tags(house, op, lambda tags: tags - set(op.tags))
    return None


def cluster_tags(house: House) -> list[str]:
    """Read the cluster's own tags."""
    return (house.inventory.ledger.fact(_CLUSTER_TAGS) or "").split()


def _change_tags(house: House, op: TagsSet | TagsDel, change: TagChange) -> None:
    if op.kind == "cluster":
        if not op.dry_run:
            tags = sorted(change(set(cluster_tags(house))))
            house.inventory.ledger.put_fact(_CLUSTER_TAGS, " ".join(tags))
        return
    if op.kind not in {"instance", "network"}:
        raise refused(f"Objects of kind '{op.kind}' take no tags here")
    find = house.inventory.instance if op.kind == "instance" else house.inventory.network
    thing: Instance | Network = find(op.name or "")
    if op.dry_run:
        return
    thing.tags = sorted(change(set(thing.tags)))
    if isinstance(thing, Network):
        house.inventory.keep_network(thing)
        return
    house.inventory.keep(thing)
    if house.is_running(thing):
        for nic in thing.nics:
            house.plug(thing, nic)
