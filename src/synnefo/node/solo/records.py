"""What the cluster remembers: instances, networks and jobs."""

import threading
import time
from typing import TypeAlias

import msgspec

from synnefo.node.solo.opcodes import AnyOpcode, Params, Scalar

Stamp: TypeAlias = tuple[int, int]
"""Seconds and microseconds since 1970."""

FINAL = frozenset({"success", "error", "canceled"})


class _Stamps:
    """Times that only grow, whatever becomes of the clock: receivers drop what looks older."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = 0

    def next(self) -> Stamp:
        with self._lock:
            self._latest = max(time.time_ns() // 1000, self._latest + 1)
            return divmod(self._latest, 1_000_000)

    def not_before(self, moment: Stamp) -> None:
        with self._lock:
            self._latest = max(self._latest, moment[0] * 1_000_000 + moment[1])


_STAMPS = _Stamps()


def stamp() -> Stamp:
    """Tell the time as Ganeti writes it, later than every time told before."""
    return _STAMPS.next()


def remember(moment: Stamp) -> None:
    """Take note of a time that an earlier process told."""
    _STAMPS.not_before(moment)


class Disk(msgspec.Struct):
    """A disk of an instance; `size` in MiB."""

    uuid: str
    name: str | None
    size: int
    params: Params = {}
    """What the storage provider is told besides: provider, origin, ..."""
    slot: int = -1
    job: int = 0


class Nic(msgspec.Struct):
    """A network card of an instance."""

    uuid: str
    name: str | None
    mac: str
    ip: str | None = None
    network: str | None = None
    """Uuid of its network."""
    mode: str = "bridged"
    link: str = ""
    slot: int = -1
    job: int = 0
    ssh_port: int | None = None
    """Loopback port that reaches the guest's port 22, with user-mode networking only."""


class Instance(msgspec.Struct):
    """A virtual machine."""

    name: str
    uuid: str
    hypervisor: str
    os: str
    disk_template: str
    beparams: dict[str, int | bool]
    hvparams: Params = {}
    osparams: dict[str, Scalar] = {}
    disks: list[Disk] = []
    nics: list[Nic] = []
    tags: list[str] = []
    admin_state: str = "down"
    ctime: float = 0.0
    mtime: float = 0.0
    serial_no: int = 1
    network_port: int = 11000
    job: int = 0
    """The job that made it."""
    is_made: bool = False
    """Whether its disks and config drive are complete."""


class Network(msgspec.Struct):
    """A network; connected once it has a group."""

    name: str
    uuid: str
    network: str
    number: int
    """Small and never used twice at once; devices are named after it."""
    gateway: str | None = None
    network6: str | None = None
    gateway6: str | None = None
    mac_prefix: str | None = None
    tags: list[str] = []
    reserved: list[str] = []
    groups: list[tuple[str, str, str, str]] = []
    ctime: float = 0.0
    mtime: float = 0.0
    serial_no: int = 1
    job: int = 0


class Op(msgspec.Struct):
    """One step of a job, as Ganeti's queue files hold it."""

    input: AnyOpcode
    status: str = "queued"
    result: msgspec.Raw = msgspec.Raw(b"null")
    log: list[tuple[int, Stamp, str, str]] = []
    start_timestamp: Stamp | None = None
    exec_timestamp: Stamp | None = None
    end_timestamp: Stamp | None = None


class Job(msgspec.Struct):
    """A job and its fate."""

    id: int
    ops: list[Op]
    received_timestamp: Stamp
    start_timestamp: Stamp | None = None
    end_timestamp: Stamp | None = None
    runs: int = 0
    """How often it was begun; more than once after the daemon was killed under it."""

    @property
    def status(self) -> str:
        """Derive the job's status from its steps, as Ganeti does."""
        states = [op.status for op in self.ops]
        if all(state == "success" for state in states):
            return "success"
        for state in states:
            if state != "success":
                return state
        return "queued"

    @property
    def is_final(self) -> bool:
        """Tell whether the job will change no more."""
        return self.status in FINAL


def touch(thing: Instance | Network) -> None:
    """Note that a thing was changed."""
    thing.mtime = time.time()
    thing.serial_no += 1
