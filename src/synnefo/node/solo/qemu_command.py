"""The command line of a QEMU, and the same devices as QMP arguments for plugging them in."""

from pathlib import Path
from typing import Any

import msgspec

from synnefo.node.solo.disks import DiskSource
from synnefo.node.solo.machines import Cable, StartPlan
from synnefo.node.solo.records import Disk, Instance, Nic

FIRST_PC_SLOT = 4
SLOTS = 24
"""How many disks and NICs a machine takes; the config drive has a place of its own."""
_CONFIG_SLOT = SLOTS
_Q35_PORTS = SLOTS + 1
RECONNECT_SECONDS = 60
_SANDBOX = "on,obsolete=deny,resourcecontrol=deny"
"""No more: QEMU forks and begins a session itself, to become a daemon."""


class Chassis(msgspec.Struct, frozen=True):
    """What all machines of this cluster share."""

    qemu: str
    machine: str
    accel: str
    cpu: str = ""


def bus_of(machine: str, slot: int) -> dict[str, str]:
    """Tell where on the PCI bus a slot is."""
    if machine == "q35":
        return {"bus": f"rp{slot}"}
    return {"bus": "pci.0", "addr": hex(FIRST_PC_SLOT + slot)}


def disk_id(disk: Disk) -> str:
    """Name a disk inside QEMU (at most 31 characters)."""
    return f"d{disk.uuid.replace('-', '')[:24]}"


def nic_id(nic: Nic) -> str:
    """Name a NIC inside QEMU."""
    return f"n{nic.uuid.replace('-', '')[:24]}"


def blockdev(node: str, source: DiskSource, *, read_only: bool = False) -> dict[str, Any]:
    """Describe where a disk's bytes are."""
    common: dict[str, Any] = {"node-name": node, "read-only": read_only}
    if source.path:
        driver = "host_device" if source.path.startswith("/dev/") else "file"
        return {
            "driver": "raw",
            **common,
            "discard": "unmap",
            "file": {"driver": driver, "filename": source.path, "discard": "unmap"},
        }
    server = (
        {"type": "unix", "path": source.nbd_socket}
        if source.nbd_socket
        else {"type": "inet", "host": source.nbd_host, "port": source.nbd_port}
    )
    return {
        "driver": "nbd",
        **common,
        "server": server,
        "export": source.nbd_export,
        "reconnect-delay": RECONNECT_SECONDS,
        "discard": "unmap",
        "cache": {"direct": True, "no-flush": False},
    }


def disk_device(machine: str, disk: Disk, boot_index: int | None = None) -> dict[str, Any]:
    """Describe a virtio disk; its serial number is the start of its uuid."""
    device: dict[str, Any] = {
        "driver": "virtio-blk-pci",
        "id": disk_id(disk),
        "drive": f"{disk_id(disk)}b",
        "serial": disk.uuid[:20],
        **bus_of(machine, disk.slot),
    }
    if boot_index is not None:
        device["bootindex"] = boot_index
    return device


def netdev(nic: Nic, cable: Cable) -> dict[str, Any]:
    """Describe the outer end of a NIC."""
    node = f"{nic_id(nic)}b"
    if cable.tap:
        return {
            "type": "tap",
            "id": node,
            "ifname": cable.tap,
            "script": "no",
            "downscript": "no",
        }
    user: dict[str, Any] = dict(cable.user)
    forward = user.pop("hostfwd", None)
    restrict = user.pop("restrict", "off") == "on"
    more = {"hostfwd": [{"str": forward}]} if forward else {}
    return {"type": "user", "id": node, "restrict": restrict, **user, **more}


def nic_device(machine: str, nic: Nic) -> dict[str, Any]:
    """Describe a virtio NIC; no boot ROM, it only costs time."""
    return {
        "driver": "virtio-net-pci",
        "id": nic_id(nic),
        "netdev": f"{nic_id(nic)}b",
        "mac": nic.mac,
        "romfile": "",
        **bus_of(machine, nic.slot),
    }


def command(chassis: Chassis, plan: StartPlan, folder: Path) -> list[str]:
    """Put together the whole command; the machine starts paused."""
    instance = plan.instance
    return [
        *_frame(chassis, instance, folder),
        *_boot(instance),
        *_disks(chassis, plan),
        *_nics(chassis, plan),
    ]


def _frame(chassis: Chassis, instance: Instance, folder: Path) -> list[str]:
    memory, vcpus = instance.beparams["maxmem"], instance.beparams["vcpus"]
    accel = "tcg,thread=multi,tb-size=32" if chassis.accel == "tcg" else chassis.accel
    log = _escaped(folder / "console.log")
    frame = [
        chassis.qemu,
        *("-name", f"guest={instance.name},process={instance.name}"),
        *("-uuid", instance.uuid),
        *("-machine", f"{chassis.machine},usb=off"),
        *("-accel", accel),
        *_cpu(chassis, instance),
        *("-m", str(memory), "-smp", str(vcpus)),
        *("-nodefaults", "-no-user-config", "-display", "none"),
        *("-sandbox", _SANDBOX),
        *("-vga", "std", "-vnc", f"unix:{_escaped(folder / 'vnc.sock')}"),
        *("-chardev", f"socket,id=qmp,path={_escaped(folder / 'qmp.sock')},server=on,wait=off"),
        *("-mon", "chardev=qmp,mode=control"),
        "-chardev",
        f"socket,id=serial,path={_escaped(folder / 'serial.sock')},server=on,wait=off,"
        f"logfile={log},logappend=on",
        *("-serial", "chardev:serial"),
        *("-object", "rng-random,id=rng,filename=/dev/urandom"),
        *("-device", "virtio-rng-pci,rng=rng"),
        *("-action", "shutdown=pause,panic=none"),
        *("-pidfile", str(folder / "pid")),
        *("-S", "-daemonize"),
    ]
    if chassis.machine == "q35":
        frame += _root_ports()
    return frame


def _cpu(chassis: Chassis, instance: Instance) -> list[str]:
    wanted = str(instance.hvparams.get("cpu_type") or chassis.cpu)
    if not wanted and chassis.accel == "kvm":
        wanted = "host"
    return ["-cpu", wanted] if wanted else []


def _root_ports() -> list[str]:
    ports: list[str] = []
    for number in range(_Q35_PORTS):
        slot, function = 0x10 + number // 8, number % 8
        more = ",multifunction=on" if function == 0 else ""
        port = f"id=rp{number},chassis={number + 1},slot={number + 1},bus=pcie.0"
        ports += ["-device", f"pcie-root-port,{port},addr={slot:#x}.{function:#x}{more}"]
    return ports


def _boot(instance: Instance) -> list[str]:
    params = instance.hvparams
    boot: list[str] = []
    if params.get("kernel_path"):
        boot += ["-kernel", str(params["kernel_path"])]
        if params.get("initrd_path"):
            boot += ["-initrd", str(params["initrd_path"])]
        boot += ["-append", str(params.get("kernel_args") or "console=tty0 console=ttyS0")]
    if params.get("cdrom_image_path"):
        first = str(params.get("boot_order") or "disk").startswith("cdrom")
        source = blockdev("cdromb", DiskSource(path=str(params["cdrom_image_path"])))
        source["read-only"] = True
        device = {"driver": "ide-cd", "drive": "cdromb", "bootindex": 0 if first else 9}
        boot += ["-blockdev", _json(source), "-device", _json(device)]
    return boot


def _disks(chassis: Chassis, plan: StartPlan) -> list[str]:
    arguments: list[str] = []
    for index, (disk, source) in enumerate(plan.disks):
        device = disk_device(chassis.machine, disk, 1 if index == 0 else None)
        arguments += ["-blockdev", _json(blockdev(f"{disk_id(disk)}b", source))]
        arguments += ["-device", _json(device)]
    if plan.config_drive:
        source = DiskSource(path=plan.config_drive)
        device = {
            "driver": "virtio-blk-pci",
            "drive": "configb",
            "serial": "config-2",
            **bus_of(chassis.machine, _CONFIG_SLOT),
        }
        arguments += ["-blockdev", _json(blockdev("configb", source, read_only=True))]
        arguments += ["-device", _json(device)]
    return arguments


def _nics(chassis: Chassis, plan: StartPlan) -> list[str]:
    arguments: list[str] = []
    for nic, cable in plan.cables:
        arguments += ["-netdev", _json(netdev(nic, cable))]
        arguments += ["-device", _json(nic_device(chassis.machine, nic))]
    return arguments


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


def _escaped(path: Path) -> str:
    return str(path).replace(",", ",,")
