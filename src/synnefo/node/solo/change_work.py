"""What jobs that change instances do: devices, parameters, disk sizes, snapshots."""

import msgspec

from synnefo.kit.logs import get_logger
from synnefo.node.solo import devices
from synnefo.node.solo.failures import JobFailure, refused
from synnefo.node.solo.instance_work import House, beparams_from
from synnefo.node.solo.job_queue import Task
from synnefo.node.solo.opcodes import (
    DeviceChange,
    InstanceGrowDisk,
    InstanceSetParams,
    InstanceSnapshot,
    Params,
)
from synnefo.node.solo.records import Disk, Instance, Nic

log = get_logger(__name__)

Change = tuple[str, object]


class _Request(msgspec.Struct, frozen=True):
    """One device change, whichever of its two forms it came in."""

    verb: str
    target: int | str
    params: Params
    origin: tuple[int, int]
    """The job and the change's place in it."""


def set_params(house: House, task: Task, op: InstanceSetParams) -> object:
    """Apply every change in turn; answers what was changed."""
    instance = house.inventory.instance(op.instance_name)
    changes = _parameters(house, instance, op)
    for index, raw in enumerate(op.nics):
        changes += _change_nic(house, instance, op, _read(raw, (task.job, index)))
    for index, raw in enumerate(op.disks):
        changes += _change_disk(house, instance, op, _read(raw, (task.job, index)))
    house.inventory.keep(instance)
    return changes


def _parameters(house: House, instance: Instance, op: InstanceSetParams) -> list[Change]:
    changes: list[Change] = []
    wanted = beparams_from(op.beparams)
    sizes = {"vcpus", "maxmem", "minmem"} & set(wanted)
    grows = any(wanted[key] != instance.beparams.get(key) for key in sizes)
    if grows and house.is_running(instance):
        log.info("resized while running; takes effect at its next start", instance=instance.name)
    for key, value in wanted.items():
        instance.beparams[key] = value
        changes.append((f"be/{key}", value))
    for key, setting in op.hvparams.items():
        instance.hvparams[key] = setting
        changes.append((f"hv/{key}", setting))
    if op.os_name:
        instance.os = op.os_name
    return changes


def _read(raw: DeviceChange, origin: tuple[int, int]) -> _Request:
    verb, *rest = raw
    params = rest.pop() if rest and isinstance(rest[-1], dict) else {}
    target = rest[0] if rest else -1
    if not isinstance(verb, str) or isinstance(target, dict) or not isinstance(params, dict):
        raise refused(f"Invalid device change {raw}")
    if verb not in {"add", "remove", "modify", "detach"}:
        raise refused(f"Unknown device change '{verb}'")
    return _Request(verb, target, params, origin)


def _can_plug(house: House, instance: Instance, op: InstanceSetParams) -> bool:
    return (op.hotplug or op.hotplug_if_possible) and house.is_running(instance)


def _change_nic(
    house: House,
    instance: Instance,
    op: InstanceSetParams,
    request: _Request,
) -> list[Change]:
    if request.verb == "add":
        nic = devices.add_nic(house.inventory, instance, request.params, request.origin)
        index = instance.nics.index(nic)
        house.inventory.keep(instance)
        if _can_plug(house, instance, op):
            _plug_nic(house, instance, op, nic)
        told = f"add:mac={nic.mac},ip={nic.ip},mode={nic.mode},link={nic.link}"
        return [(f"nic.{index}", told)]
    nic = devices.find(instance.nics, "NIC", request.target)
    index = instance.nics.index(nic)
    if request.verb == "modify":
        devices.change_nic(house.inventory, instance, nic, request.params)
        house.inventory.keep(instance)
        if house.is_running(instance):
            house.plug(instance, nic)
        return [(f"nic.{key}/{index}", value) for key, value in request.params.items()]
    if house.is_running(instance):
        if not _can_plug(house, instance, op):
            raise refused(_needs_hotplug("NIC"), "wrong_state")
        house.machines_of(instance).unplug_nic(instance.name, nic)
    house.wiring_of(instance).unplug(nic)
    instance.nics.remove(nic)
    house.inventory.keep(instance)
    return [(f"nic.{index}", "remove")]


def _plug_nic(house: House, instance: Instance, op: InstanceSetParams, nic: Nic) -> None:
    cable = house.wiring_of(instance).cable(nic, house.network_of(nic))
    try:
        house.machines_of(instance).plug_nic(
            instance.name, nic, cable, lambda: house.plug(instance, nic)
        )
    except JobFailure:
        house.wiring_of(instance).unplug(nic)
        if op.hotplug:
            instance.nics.remove(nic)
            house.inventory.keep(instance)
            raise
        log.exception("NIC not plugged; it comes with the next start", instance=instance.name)


def _change_disk(
    house: House,
    instance: Instance,
    op: InstanceSetParams,
    request: _Request,
) -> list[Change]:
    if request.verb == "add":
        return _add_disk(house, instance, op, request)
    disk = devices.find(instance.disks, "disk", request.target)
    index = instance.disks.index(disk)
    if request.verb == "modify":
        _modify_disk(disk, request.params)
        house.inventory.keep(instance)
        return [(f"disk.{key}/{index}", value) for key, value in request.params.items()]
    if house.is_running(instance):
        if not _can_plug(house, instance, op):
            raise refused(_needs_hotplug("volume"), "wrong_state")
        house.machines_of(instance).unplug_disk(instance.name, disk)
    house.storage_of(instance).detach(instance, disk)
    if request.verb == "remove" and not op.keep_disks:
        house.storage_of(instance).remove(instance, disk)
    instance.disks.remove(disk)
    house.inventory.keep(instance)
    return [(f"disk/{index}", request.verb)]


def _add_disk(
    house: House,
    instance: Instance,
    op: InstanceSetParams,
    request: _Request,
) -> list[Change]:
    known = len(instance.disks)
    disk = devices.add_disk(instance, request.params, request.origin)
    is_resumed = len(instance.disks) == known
    house.inventory.keep(instance)
    try:
        if not is_resumed or not house.is_running(instance):
            house.storage_of(instance).create(instance, disk, again=is_resumed)
        if _can_plug(house, instance, op):
            source = house.storage_of(instance).attach(instance, disk)
            house.machines_of(instance).plug_disk(instance.name, disk, source)
    except JobFailure:
        house.storage_of(instance).detach(instance, disk)
        instance.disks.remove(disk)
        house.inventory.keep(instance)
        raise
    return [(f"disk/{instance.disks.index(disk)}", f"add:size={disk.size},mode=rw")]


def _modify_disk(disk: Disk, params: Params) -> None:
    for key, value in params.items():
        if key == "name":
            disk.name = None if value is None else str(value)
        else:
            disk.params[key] = value


def _needs_hotplug(what: str) -> str:
    return f"can't remove {what} from a running instance without using hotplug"


def grow_disk(house: House, task: Task, op: InstanceGrowDisk) -> object:
    """Make a disk larger; a running guest sees it at once where QEMU can show it."""
    instance = house.inventory.instance(op.instance_name)
    disk = devices.find(instance.disks, "disk", op.disk)
    target = op.amount if op.absolute else disk.size + op.amount
    if task.resumed and disk.params.get("grown_by") == task.job:
        target = disk.size
    if target < disk.size:
        raise refused(f"Disk {op.disk} is larger than {target} MiB already")
    house.storage_of(instance).grow(instance, disk, target)
    disk.size = target
    disk.params["grown_by"] = task.job
    house.inventory.keep(instance)
    if house.is_running(instance):
        try:
            house.machines_of(instance).resize_disk(instance.name, disk)
        except JobFailure as failure:
            task.note(f"the guest sees the new size after a restart ({failure.message})")
    return None


def snapshot(house: House, task: Task, op: InstanceSnapshot) -> object:
    """Have the provider take the snapshots."""
    instance = house.inventory.instance(op.instance_name)
    for wanted, details in op.disks:
        name = details.get("snapshot_name")
        if not name:
            raise refused("Missing snapshot_name")
        house.storage_of(instance).snapshot(
            instance, devices.find(instance.disks, "disk", wanted), name
        )
    return None
