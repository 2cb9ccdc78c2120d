"""One cluster, put together from its parts and taken apart in order."""

import fcntl
import os
import socket
from pathlib import Path
from typing import IO

import msgspec

from synnefo.bus.port import Bus
from synnefo.kit.ids import new_uuid
from synnefo.kit.logs import get_logger
from synnefo.node.event_sender import EventSender
from synnefo.node.node_bus import NodeBusSettings, open_node_bus
from synnefo.node.solo import acceleration, bridge_wiring
from synnefo.node.solo.bridge_wiring import BridgeWiring
from synnefo.node.solo.disks import NoStorage, RealStorage
from synnefo.node.solo.instance_work import House
from synnefo.node.solo.inventory import Inventory
from synnefo.node.solo.job_queue import JobQueue
from synnefo.node.solo.ledger import Ledger
from synnefo.node.solo.machines import FakeMachines, Machines
from synnefo.node.solo.qemu_command import Chassis
from synnefo.node.solo.qemu_machines import QemuMachines
from synnefo.node.solo.rapi_server import RapiServer
from synnefo.node.solo.resources import Resources
from synnefo.node.solo.settings import Places, SoloSettings, cloud_id
from synnefo.node.solo.views import ClusterNames
from synnefo.node.solo.watch import Watch
from synnefo.node.solo.wiring import NoWiring, UserWiring, Wiring
from synnefo.node.solo.work import Work

log = get_logger(__name__)

_LOST_WITHOUT_BRIDGES = (
    "guests do not see each other; only a forwarded SSH port leads to them; no firewall profiles,"
    " no metadata service (the config drive tells guests the same)"
)


_ACCESS = "access.json"


class Access(msgspec.Struct, frozen=True):
    """How to reach the RAPI of a running cluster."""

    url: str
    user: str
    password_file: str
    certificate: str = ""


class AlreadyRunning(Exception):
    """Another process has this data folder's cluster."""


class Cluster:
    """Everything of one data folder; holds a lock on it while it lives."""

    def __init__(self, settings: SoloSettings) -> None:
        self.settings = settings
        self.places = Places(Path(settings.solo_data).resolve())
        self.places.make()
        self._lock = _lock(self.places.home / "lock")
        self._ledger = Ledger(self.places.home / "solo.sqlite3")
        self._qemu: QemuMachines | None = None
        self._watch: Watch | None = None
        self._server: RapiServer | None = None
        self.house = self._build_house()
        self._sender = self._build_sender()
        self.names = self._build_names()
        work = Work(self.house, self.names.cluster)
        wake = self._sender.wake if self._sender else _nothing
        self.queue = JobQueue(self._ledger, work, threads=settings.solo_threads, on_news=wake)

    def begin(self) -> None:
        """Find machines and networks again, and begin to work."""
        instances = self.house.inventory.instances()
        if self._qemu is not None:
            self._qemu.recover({one.name for one in instances})
        running = [one for one in instances if self.house.is_running(one)]
        for wiring in self.house.wirings():
            wired = [
                (one, nic)
                for one in running
                if self.house.wiring_of(one) is wiring
                for nic in one.nics
            ]
            wiring.begin(self.house.inventory.networks(), wired)
        if self._sender is not None:
            self._sender.start()
        self.queue.start()
        log.info("cluster is up", instances=len(instances), running=len(running))

    def serve(self) -> int:
        """Open the RAPI and watch the machines; answers the port."""
        self._watch = Watch(self.house, self.queue, each_round=self._each_round)
        self._watch.start()
        resources = Resources(self.house, self.queue, self.names)
        host, _, port = self.settings.solo_listen.rpartition(":")
        server = RapiServer(
            (host, int(port)),
            resources,
            user=self.settings.solo_user,
            password=self.password(),
        )
        if self.settings.solo_certificate:
            server.secure(Path(self.settings.solo_certificate))
        self._server = server
        server.start()
        scheme = "https" if self.settings.solo_certificate else "http"
        url = f"{scheme}://{host}:{server.port}"
        certificate = self.settings.solo_certificate
        access = Access(url, self.settings.solo_user, str(self._password_file()), certificate)
        (self.places.home / _ACCESS).write_bytes(msgspec.json.encode(access))
        log.info("listening", url=url)
        return server.port

    def end(self) -> None:
        """Stop in order: no more requests, jobs at hand finished, events sent. VMs run on."""
        if self._server is not None:
            self._server.stop()
        if self._watch is not None:
            self._watch.stop()
        self.queue.stop()
        if self._sender is not None:
            self._sender.stop()
        if self._qemu is not None:
            self._qemu.close()
        self._ledger.close()
        self._lock.close()

    def password(self) -> str:
        """Read the RAPI's password; one is made at the first start."""
        path = self._password_file()
        if not self.settings.solo_password_file and not path.exists():
            path.touch(mode=0o600)
            path.write_text(new_uuid())
        return path.read_text().strip()

    def _password_file(self) -> Path:
        given = self.settings.solo_password_file
        return Path(given).resolve() if given else self.places.home / "password"

    def teardown(self) -> None:
        """Switch every machine off at once and take the networks out of the kernel."""
        for instance in self.house.inventory.instances():
            self.house.machines_of(instance).stop(instance.name, 0)
        for wiring in self.house.wirings():
            wiring.end()

    def _build_house(self) -> House:
        settings, places = self.settings, self.places
        machines: dict[str, Machines] = {}
        wirings: dict[str, Wiring] = {}
        for name in settings.solo_hypervisors:
            if name == "fake":
                machines[name] = FakeMachines(
                    places.home / "fake",
                    delay=settings.solo_fake_delay,
                    failures=settings.solo_fake_failures,
                )
                wirings[name] = NoWiring()
            else:
                wirings[name] = self._build_wiring()
                machines[name] = self._qemu = self._build_qemu(wirings[name])
        providers = Path(settings.solo_extstorage_dir or places.home / "extstorage")
        real = RealStorage(places.disks, providers, places.home / "storage.log")
        storages = {name: NoStorage() if name == "fake" else real for name in machines}
        return House(
            node=socket.gethostname(),
            places=places,
            inventory=Inventory(self._ledger),
            storages=storages,
            machines=machines,
            wirings=wirings,
            fake_memory=settings.solo_fake_memory,
        )

    def _build_qemu(self, wiring: Wiring) -> QemuMachines:
        settings = self.settings
        accel = acceleration.choose(settings.solo_accel, settings.solo_qemu)
        chassis = Chassis(settings.solo_qemu, settings.solo_machine, accel, settings.solo_cpu)
        log.info("machines run under", accel=accel, machine=settings.solo_machine)
        return QemuMachines(
            self.places.instances, chassis, inside=wiring.inside, on_off=self._heard
        )

    def _build_wiring(self) -> Wiring:
        wanted = self.settings.solo_network
        if wanted == "none":
            return NoWiring()
        if wanted == "bridge" or (wanted == "auto" and _may_wire()):
            return BridgeWiring(
                self._cloud_id(), self.places, nameservers=self.settings.solo_nameservers
            )
        log.warning("no rights for bridges: user-mode networking", lost=_LOST_WITHOUT_BRIDGES)
        return UserWiring(self.places.bindings)

    def _cloud_id(self) -> str:
        """Keep the name under which this cloud's devices were made at first."""
        known = self._ledger.fact("cloud_id")
        if known is None:
            known = cloud_id(self.settings)
            self._ledger.put_fact("cloud_id", known)
        return known

    def _build_sender(self) -> EventSender | None:
        if self.settings.solo_bus == "none":
            return None
        return EventSender(self._ledger, self._open_bus)

    def _open_bus(self) -> Bus:
        """Open the bus of SOLO_BUS, or else the one that every program of this host uses."""
        settings = self.settings
        if settings.solo_bus:
            bus = NodeBusSettings(bus_url=f"local://{settings.solo_bus}")
        else:
            own = f"local://{self.places.data / 'bus.sqlite3'}"
            bus = NodeBusSettings(
                amqp_hosts=settings.amqp_hosts,
                amqp_queue_type=settings.amqp_queue_type,
                bus_url=settings.bus_url or own,
            )
        return open_node_bus(bus, settings.solo_prefixes, attempts=len(bus.amqp_hosts))

    def _build_names(self) -> ClusterNames:
        found = self._ledger.fact("names")
        if found is None:
            made = [new_uuid() for _ in range(3)]
            found = msgspec.json.encode(made).decode()
            self._ledger.put_fact("names", found)
        cluster, node, group = msgspec.json.decode(found, type=list[str])
        name = self.settings.solo_cluster_name
        return ClusterNames(name, cluster, self.house.node, node, group)

    def _heard(self, name: str, why: str) -> None:
        if self._watch is not None:
            self._watch.heard(name, why)

    def _each_round(self) -> None:
        if self._qemu is not None:
            self._qemu.resume_stalled()
            self._qemu.trim_logs(self.settings.solo_console_log_bytes)


def read_access(places: Places) -> Access:
    """Read how to reach the cluster that runs in a data folder."""
    return msgspec.json.decode((places.home / _ACCESS).read_bytes(), type=Access)


def _may_wire() -> bool:
    return os.geteuid() == 0 and bridge_wiring.works()


def _nothing() -> None:
    """Do nothing: nobody waits for events."""


def _lock(path: Path) -> IO[str]:
    handle = path.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise AlreadyRunning(f"Another snf-solo has {path.parent}") from error
    return handle
