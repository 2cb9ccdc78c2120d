"""Disks and NICs as requests describe them. Labs: ganeti 3.2, 3.3."""

import re
import uuid
from typing import TypeVar

from synnefo.node.solo.failures import refused
from synnefo.node.solo.inventory import Inventory
from synnefo.node.solo.opcodes import Params, Scalar
from synnefo.node.solo.qemu_command import SLOTS
from synnefo.node.solo.records import Disk, Instance, Nic

D = TypeVar("D", Disk, Nic)

_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
_OWN_UUIDS = uuid.UUID("5f5f9a52-6e0b-4e7b-8f0a-0d4c7f6f6a10")
_DISK_KEYS = {"size", "name", "mode", "uuid", "spindles"}


def uuid_for(kind: str, origin: tuple[int, int]) -> str:
    """Make the uuid of a device from its job and place in it: the same when done again."""
    return str(uuid.uuid5(_OWN_UUIDS, f"{kind}:{origin[0]}:{origin[1]}"))


def add_disk(instance: Instance, given: Params, origin: tuple[int, int]) -> Disk:
    """Describe a new disk of an instance; answers the one an interrupted job has added."""
    own = uuid_for(f"disk:{instance.uuid}", origin)
    for disk in instance.disks:
        if disk.uuid == own:
            return disk
    size = given.get("size")
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise refused(f"Missing or invalid disk size: {size}")
    params = {key: value for key, value in given.items() if key not in _DISK_KEYS}
    if instance.disk_template == "diskless":
        raise refused("A diskless instance takes no disks")
    if instance.disk_template == "ext" and not params.get("provider"):
        raise refused("Missing provider for template 'ext'")
    disk = Disk(own, _text(given.get("name")), size, params, _free_slot(instance), origin[0])
    instance.disks.append(disk)
    return disk


def add_nic(
    inventory: Inventory, instance: Instance, given: Params, origin: tuple[int, int]
) -> Nic:
    """Describe a new NIC of an instance; answers the one an interrupted job has added."""
    own = uuid_for(f"nic:{instance.uuid}", origin)
    for nic in instance.nics:
        if nic.uuid == own:
            return nic
    nic = Nic(own, _text(given.get("name")), _mac(given.get("mac")), job=origin[0])
    nic.slot = _free_slot(instance)
    _join(inventory, nic, given)
    inventory.claim(instance.name, nic, _text(given.get("ip")))
    instance.nics.append(nic)
    return nic


def change_nic(inventory: Inventory, instance: Instance, nic: Nic, given: Params) -> None:
    """Give a NIC another name, address, MAC or network."""
    if "name" in given:
        nic.name = _text(given["name"])
    if "mac" in given:
        nic.mac = _mac(given["mac"])
    if "network" in given:
        _join(inventory, nic, given)
    if "ip" in given or "network" in given:
        inventory.claim(instance.name, nic, _text(given.get("ip")))


def find(devices: list[D], kind: str, wanted: int | str) -> D:
    """Find a device by index, name or uuid; -1 is the last one."""
    text = str(wanted)
    for device in devices:
        if text in {device.name, device.uuid}:
            return device
    try:
        return devices[int(text)]
    except (ValueError, IndexError):
        raise refused(f"Cannot find {kind} with identifier {wanted}", "unknown_entity") from None


def _join(inventory: Inventory, nic: Nic, given: Params) -> None:
    wanted = _text(given.get("network"))
    if wanted and wanted != "none":
        network = inventory.network(wanted)
        if not network.groups:
            message = f"Network '{network.name}' is not connected to this node group"
            raise refused(message, "wrong_state")
        nic.network = network.uuid
        _, nic.mode, nic.link, _ = network.groups[0]
        nic.link = nic.link or network.name
        return
    nic.network = None
    nic.mode = _text(given.get("mode")) or "bridged"
    nic.link = _text(given.get("link") or given.get("bridge")) or ""


def _free_slot(instance: Instance) -> int:
    taken = {disk.slot for disk in instance.disks} | {nic.slot for nic in instance.nics}
    for slot in range(SLOTS):
        if slot not in taken:
            return slot
    raise refused(f"An instance takes at most {SLOTS} disks and NICs")


def _mac(value: Scalar) -> str:
    text = (_text(value) or "").lower()
    if text in {"", "auto", "generate"}:
        return ""
    if not _MAC.fullmatch(text):
        raise refused(f"Invalid MAC address '{value}'")
    return text


def _text(value: Scalar) -> str | None:
    return None if value is None else str(value)
