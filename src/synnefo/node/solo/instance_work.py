"""What jobs on instances do: create, start, stop, reboot, remove, rename. Labs: ganeti 3.2.

Everything may be done twice: a job that the daemon's death interrupted is begun again.
"""

import shutil
import time
from collections.abc import Mapping
from functools import partial

from synnefo.kit.ids import new_uuid
from synnefo.node.solo import guests
from synnefo.node.solo.devices import add_disk, add_nic
from synnefo.node.solo.disks import TEMPLATES, Storage
from synnefo.node.solo.failures import JobFailure, refused
from synnefo.node.solo.inventory import Inventory
from synnefo.node.solo.job_queue import Task
from synnefo.node.solo.machines import Machines, StartPlan
from synnefo.node.solo.opcodes import (
    InstanceCreate,
    InstanceReboot,
    InstanceRemove,
    InstanceRename,
    InstanceShutdown,
    InstanceStartup,
)
from synnefo.node.solo.records import Instance, Network, Nic
from synnefo.node.solo.settings import Places
from synnefo.node.solo.wiring import Wiring

_BEPARAMS: dict[str, int | bool] = {
    "minmem": 128,
    "maxmem": 128,
    "vcpus": 1,
    "auto_balance": True,
    "always_failover": False,
    "spindle_use": 1,
}


_FOR_THE_DRIVE = {
    "auth_keys",
    "cloud_userdata",
    "config_drive",
    "img_personality",
    "meta",
    "personality",
    "ssh_keys",
    "user_data",
}
"""Parameters that end in the config drive and are not kept besides."""


class House:
    """Everything that the work needs, put together."""

    def __init__(
        self,
        *,
        node: str,
        places: Places,
        inventory: Inventory,
        storages: Mapping[str, Storage],
        machines: Mapping[str, Machines],
        wirings: Mapping[str, Wiring],
        fake_memory: int = 0,
    ) -> None:
        self.node = node
        self.places = places
        self.inventory = inventory
        self.fake_memory = fake_memory
        self._storages = storages
        self._machines = machines
        self._wirings = wirings

    def storage_of(self, instance: Instance) -> Storage:
        """Find where an instance's disks are."""
        return self._storages[instance.hypervisor]

    def machines_of(self, instance: Instance) -> Machines:
        """Find the hypervisor of an instance."""
        return self._machines[instance.hypervisor]

    def wiring_of(self, instance: Instance) -> Wiring:
        """Find the networks of an instance's hypervisor."""
        return self._wirings[instance.hypervisor]

    def wirings(self) -> list[Wiring]:
        """List the different wirings."""
        return list({id(one): one for one in self._wirings.values()}.values())

    def hypervisors(self) -> list[str]:
        """List the hypervisors, the default first."""
        return list(self._machines)

    def is_running(self, instance: Instance) -> bool:
        """Tell whether an instance is on."""
        return self.machines_of(instance).is_running(instance.name)

    def network_of(self, nic: Nic) -> Network | None:
        """Find a NIC's network."""
        return self.inventory.find_network(nic.network) if nic.network else None

    def plug(self, instance: Instance, nic: Nic) -> None:
        """Wire a NIC whose tap is there."""
        self.wiring_of(instance).plug(instance, nic, self.network_of(nic))


def create(house: House, task: Task, op: InstanceCreate) -> object:
    """Make disks and config drive, then start."""
    instance = house.inventory.find(op.instance_name)
    if instance is not None and instance.job != task.job:
        message = f"Instance '{op.instance_name}' is already in the cluster"
        raise refused(message, "already_exists")
    if instance is None:
        instance = _draft(house, task, op)
    if not instance.is_made:
        try:
            _make(house, task, op, instance)
        except BaseException:
            _unmake(house, instance)
            raise
        instance.is_made = True
        house.inventory.keep(instance)
    if op.start and not op.no_install:
        task.note("* starting instance...")
        switch_on(house, instance)
    return [house.node]


def _draft(house: House, task: Task, op: InstanceCreate) -> Instance:
    hypervisor = op.hypervisor or house.hypervisors()[0]
    if hypervisor not in house.hypervisors():
        raise refused(f"Hypervisor '{hypervisor}' is not enabled on this cluster")
    if op.disk_template not in TEMPLATES:
        raise refused(f"Disk template '{op.disk_template}' is not enabled on this cluster")
    with house.inventory.lock:
        instance = Instance(
            name=op.instance_name,
            uuid=new_uuid(),
            hypervisor=hypervisor,
            os=op.os_type or "",
            disk_template=op.disk_template,
            beparams=_BEPARAMS | beparams_from(op.beparams),
            hvparams=dict(op.hvparams),
            osparams={k: v for k, v in op.osparams.items() if k not in _FOR_THE_DRIVE},
            tags=sorted(set(op.tags)),
            network_port=house.inventory.new_port(),
            ctime=time.time(),
            job=task.job,
        )
        try:
            for index, disk in enumerate(op.disks):
                add_disk(instance, dict(disk), (task.job, index))
            for index, nic in enumerate(op.nics):
                add_nic(house.inventory, instance, dict(nic), (task.job, index))
        except JobFailure:
            house.inventory.forget(instance)
            raise
        house.inventory.keep(instance)
    return instance


def _make(house: House, task: Task, op: InstanceCreate, instance: Instance) -> None:
    folder = house.places.of(instance.name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    task.note("* creating instance disks...")
    for disk in instance.disks:
        house.storage_of(instance).create(instance, disk, again=task.resumed)
    if instance.hypervisor != "fake":
        given = {**op.osparams, **op.osparams_private, **op.osparams_secret, **task.secrets}
        told = {key: str(value) for key, value in given.items() if value is not None}
        guests.write_drive(instance, told, folder, house.network_of)
    task.note(f"adding instance {instance.name} to cluster config")


def _unmake(house: House, instance: Instance) -> None:
    for disk in instance.disks:
        house.storage_of(instance).detach(instance, disk)
        try:
            house.storage_of(instance).remove(instance, disk)
        except JobFailure:
            continue
    shutil.rmtree(house.places.of(instance.name), ignore_errors=True)
    house.inventory.forget(instance)


def beparams_from(given: Mapping[str, object]) -> dict[str, int | bool]:
    """Check backend parameters; `memory` sets both of its bounds."""
    found: dict[str, int | bool] = {}
    for key, value in given.items():
        if key not in {*_BEPARAMS, "memory"}:
            raise refused(f"Unknown parameter '{key}'")
        if key in {"auto_balance", "always_failover"}:
            found[key] = bool(value)
            continue
        try:
            number = int(str(value))
        except ValueError:
            raise refused(f"Parameter '{key}' is not a number: {value}") from None
        if number < 1:
            raise refused(f"Parameter '{key}' must be positive")
        for name in ("minmem", "maxmem") if key == "memory" else (key,):
            found[name] = number
    return found


def switch_on(house: House, instance: Instance) -> None:
    """Start an instance and remember that it shall run.

    One that should have run before and fails now keeps saying so: the watch reports it as off.
    """
    before, instance.admin_state = instance.admin_state, "up"
    house.inventory.keep(instance)
    wiring, drive = house.wiring_of(instance), house.places.of(instance.name) / guests.CONFIG_DRIVE
    if house.is_running(instance):
        _wire(house, instance)
        house.machines_of(instance).resume(instance.name)
        return
    try:
        sources = [
            (disk, house.storage_of(instance).attach(instance, disk)) for disk in instance.disks
        ]
        cables = [(nic, wiring.cable(nic, house.network_of(nic))) for nic in instance.nics]
        house.inventory.keep(instance)
        config_drive = str(drive) if drive.exists() else None
        plan = StartPlan(instance, sources, cables, config_drive, partial(_wire, house, instance))
        house.machines_of(instance).start(plan)
    except BaseException:
        _let_go(house, instance)
        instance.admin_state = before
        house.inventory.keep(instance)
        raise


def _wire(house: House, instance: Instance) -> None:
    for nic in instance.nics:
        house.plug(instance, nic)


def switch_off(house: House, instance: Instance, timeout: float) -> None:
    """Stop an instance and let go of its disks and wires."""
    house.machines_of(instance).stop(instance.name, timeout)
    _let_go(house, instance)


def _let_go(house: House, instance: Instance) -> None:
    for nic in instance.nics:
        house.wiring_of(instance).unplug(nic)
    for disk in instance.disks:
        house.storage_of(instance).detach(instance, disk)


def startup(house: House, task: Task, op: InstanceStartup) -> object:
    """Start a stopped instance."""
    switch_on(house, house.inventory.instance(op.instance_name))
    return None


def shutdown(house: House, task: Task, op: InstanceShutdown) -> object:
    """Stop an instance; one that died or powered off is only tidied up."""
    instance = house.inventory.instance(op.instance_name)
    switch_off(house, instance, 0 if op.force else op.timeout)
    if not op.no_remember:
        instance.admin_state = "down"
        house.inventory.keep(instance)
    return None


def reboot(house: House, task: Task, op: InstanceReboot) -> object:
    """Reboot an instance; one that is off is started."""
    if op.reboot_type not in {"soft", "hard", "full"}:
        raise refused(f"Invalid reboot type '{op.reboot_type}'")
    instance = house.inventory.instance(op.instance_name)
    if op.reboot_type == "soft" and house.is_running(instance):
        house.machines_of(instance).reset(instance.name)
    else:
        switch_off(house, instance, op.shutdown_timeout)
        switch_on(house, instance)
    return None


def remove(house: House, task: Task, op: InstanceRemove) -> object:
    """Stop an instance at once or in time, and forget it with its disks."""
    instance = house.inventory.find(op.instance_name)
    if instance is None and task.resumed:
        return None
    instance = house.inventory.instance(op.instance_name)
    switch_off(house, instance, op.shutdown_timeout)
    instance.admin_state = "down"
    for disk in list(instance.disks):
        try:
            house.storage_of(instance).remove(instance, disk)
        except JobFailure:
            if not (task.resumed or op.ignore_failures):
                raise
        instance.disks.remove(disk)
        house.inventory.keep(instance)
    shutil.rmtree(house.places.of(instance.name), ignore_errors=True)
    house.inventory.forget(instance)
    return None


def rename(house: House, task: Task, op: InstanceRename) -> object:
    """Rename an instance that is off."""
    instance = house.inventory.find(op.instance_name)
    if instance is None and task.resumed and house.inventory.find(op.new_name):
        return op.new_name
    instance = house.inventory.instance(op.instance_name)
    if house.is_running(instance):
        raise refused(f"Instance {op.instance_name} is running", "wrong_state")
    if house.inventory.find(op.new_name):
        raise refused(f"Instance '{op.new_name}' is already in the cluster", "already_exists")
    old, new = house.places.of(op.instance_name), house.places.of(op.new_name)
    if old.exists():
        old.replace(new)
    house.inventory.rename(instance, op.new_name)
    return op.new_name
