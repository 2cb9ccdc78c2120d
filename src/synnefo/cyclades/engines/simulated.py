"""A cluster in memory, with the manners of a real one: jobs first, effects when they run.

For tests and benchmarks of what is above it. `run_jobs` carries out what is queued and answers
the events that a real cluster would have published.
"""

import itertools
import threading
from collections.abc import Iterable

import msgspec

from synnefo.cyclades.domain.instances import (
    ClusterFacts,
    DiskSpec,
    Guest,
    InstanceFacts,
    InstanceSpec,
    JobFacts,
    NicSpec,
    VncPoint,
    is_final,
)
from synnefo.cyclades.engines.choose import Engine
from synnefo.cyclades.engines.compute import EngineRefused, EngineUnreachable
from synnefo.cyclades.engines.networking import NetworkFacts, NetworkSpec
from synnefo.kit import clock
from synnefo.wire.job_events import JobEvent, split_time


class _Job(msgspec.Struct):
    """A queued or finished job."""

    id: int
    opcode: str
    target: str
    status: str = "queued"
    reason: str = ""
    code: str = ""
    ended: float | None = None
    after: tuple[int, ...] = ()
    after_success: bool = True
    spec: InstanceSpec | None = None
    network: NetworkSpec | None = None
    group: str = ""
    size: tuple[int, int] | None = None
    nic: NicSpec | None = None
    disk: tuple[int, str] | None = None
    disks: tuple[DiskSpec | None, str] | None = None
    """A disk that is added, or the name of one that is removed."""
    new_name: str = ""
    guarded: tuple[str, str | None] | None = None


class _JobFailed(Exception):
    """Why a job fails: Ganeti's words and code."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


def _guarded(nics: tuple[NicSpec, ...], name: str, tag: str | None) -> tuple[NicSpec, ...]:
    return tuple(
        msgspec.structs.replace(nic, firewall=tag) if nic.name == name else nic for nic in nics
    )


def _renamed(disks: tuple[DiskSpec, ...], place: int, name: str) -> tuple[DiskSpec, ...]:
    return tuple(
        msgspec.structs.replace(disk, name=name) if index == place else disk
        for index, disk in enumerate(disks)
    )


def _changed(
    disks: tuple[DiskSpec, ...], added: DiskSpec | None, gone: str
) -> tuple[DiskSpec, ...]:
    kept = tuple(disk for disk in disks if disk.name != gone)
    return kept if added is None else (*kept, added)


def _disks_after(job: _Job, disks: tuple[DiskSpec, ...]) -> tuple[DiskSpec, ...]:
    if job.disk is not None:
        return _renamed(disks, *job.disk)
    return _changed(disks, *job.disks) if job.disks else disks


_OF_OPCODE: dict[str, dict[str, object]] = {
    "OP_INSTANCE_STARTUP": {"running": True, "status": "running"},
    "OP_INSTANCE_REBOOT": {"running": True, "status": "running"},
    "OP_INSTANCE_SHUTDOWN": {"running": False, "status": "ADMIN_down"},
}


class World:
    """Everything that one simulated cluster holds."""

    def __init__(self, name: str = "simulated.example.org") -> None:
        self.name = name
        self.instances: dict[str, InstanceFacts] = {}
        self.networks: dict[str, NetworkFacts] = {}
        self.jobs: dict[int, _Job] = {}
        self.unreachable = False
        self.refusal = ""
        """Why every change is refused at the door, if it is."""
        self.doomed: dict[str, str] = {}
        """Instances whose creation fails, and why."""
        self._numbers = itertools.count(1)
        self._macs = itertools.count(1)
        self._lock = threading.RLock()

    def submit(self, job: _Job) -> int:
        """Queue a job and answer its number."""
        self.check()
        if self.refusal:
            raise EngineRefused(self.refusal)
        with self._lock:
            job.id = next(self._numbers)
            self.jobs[job.id] = job
            return job.id

    def check(self) -> None:
        """Fail as a cluster that cannot be reached."""
        if self.unreachable:
            raise EngineUnreachable(f"{self.name} does not answer.")

    def queued(self) -> list[_Job]:
        """List the jobs that wait, oldest first."""
        return [job for job in self.jobs.values() if not is_final(job.status)]

    def run_jobs(self, only: Iterable[int] | None = None) -> list[JobEvent]:
        """Run what is queued; answer the event of each job's end."""
        wanted = None if only is None else set(only)
        events = []
        for job in self.queued():
            if (wanted is None or job.id in wanted) and self._ready(job):
                self._run(job)
                events.append(self.event_of(job))
        return events

    def _ready(self, job: _Job) -> bool:
        before = [self.jobs[one] for one in job.after if one in self.jobs]
        return all(is_final(one.status) for one in before)

    def _run(self, job: _Job) -> None:
        try:
            if job.after_success and any(self.jobs[o].status != "success" for o in job.after):
                raise _JobFailed("A job before it has failed", "wrong_state")
            self._effect(job)
            job.status = "success"
        except _JobFailed as failed:
            job.status, job.reason, job.code = "error", failed.reason, failed.code
        job.ended = clock.now().timestamp()

    def _effect(self, job: _Job) -> None:
        if job.opcode == "OP_INSTANCE_CREATE":
            self._create(job)
        elif job.opcode.startswith("OP_NETWORK"):
            self._change_network(job)
        else:
            self._change(job, self._known(job.target))

    def _known(self, name: str) -> InstanceFacts:
        found = self.instances.get(name)
        if found is None:
            raise _JobFailed(f"Instance '{name}' not known", "unknown_entity")
        return found

    def _create(self, job: _Job) -> None:
        spec = job.spec
        assert spec is not None
        if spec.name in self.instances:
            raise _JobFailed(f"Instance '{spec.name}' already exists", "already_exists")
        if spec.name in self.doomed:
            raise _JobFailed(self.doomed[spec.name], "")
        self.instances[spec.name] = InstanceFacts(
            name=spec.name,
            running=True,
            status="running",
            node="node1",
            vcpus=spec.vcpus,
            memory_mib=spec.memory_mib,
            nics=tuple(self._wired(nic) for nic in spec.nics),
            disks=spec.disks,
            tags=spec.tags,
            created=clock.now().timestamp(),
        )

    def _wired(self, nic: NicSpec) -> NicSpec:
        mac = nic.mac or f"aa:00:00:00:{next(self._macs):04x}"
        return msgspec.structs.replace(nic, mac=f"{mac[:-2]}:{mac[-2:]}" if not nic.mac else mac)

    def _change(self, job: _Job, facts: InstanceFacts) -> None:
        if job.opcode in {"OP_INSTANCE_REMOVE", "OP_INSTANCE_RENAME"}:
            del self.instances[job.target]
            if job.new_name:
                new = msgspec.structs.replace(facts, name=job.new_name)
                self.instances[job.new_name] = new
            return
        changes = _OF_OPCODE.get(job.opcode, {})
        if job.size is not None:
            changes = {"vcpus": job.size[0], "memory_mib": job.size[1]}
        elif job.nic is not None:
            kept = tuple(nic for nic in facts.nics if nic.name != job.nic.name)
            added = (self._wired(job.nic),) if job.nic.network else ()
            changes = {"nics": kept + added}
        elif job.disk is not None or job.disks is not None:
            changes = {"disks": _disks_after(job, facts.disks)}
        if job.guarded is not None:
            changes = {"nics": _guarded(facts.nics, *job.guarded)}
        self.instances[job.target] = msgspec.structs.replace(facts, **changes)

    def _change_network(self, job: _Job) -> None:
        if job.opcode == "OP_NETWORK_ADD":
            assert job.network is not None
            self.networks[job.target] = NetworkFacts(name=job.target, subnet=job.network.subnet)
            return
        facts = self.networks.get(job.target)
        if facts is None:
            raise _JobFailed(f"Network '{job.target}' not found", "unknown_entity")
        if job.opcode == "OP_NETWORK_REMOVE":
            del self.networks[job.target]
            return
        connected = set(facts.groups)
        if job.opcode == "OP_NETWORK_CONNECT":
            connected.add(job.group)
        else:
            connected.discard(job.group)
        self.networks[job.target] = msgspec.structs.replace(facts, groups=tuple(connected))

    def event_of(self, job: _Job) -> JobEvent:
        """Write what a cluster would publish about a job now."""
        on_network = job.opcode.startswith("OP_NETWORK")
        failed = ["OpPrereqError", [job.reason, job.code]] if job.status == "error" else None
        return JobEvent(
            type="ganeti-network-status" if on_network else "ganeti-op-status",
            operation=job.opcode,
            status=job.status,
            cluster=self.name,
            job_id=job.id,
            event_time=split_time(job.ended or clock.now().timestamp()),
            result=failed,
            instance=None if on_network else job.target,
            network=job.target if on_network else None,
            job_fields=self._fields(job),
            instance_nics=None if on_network or failed else self._nics(job.target),
        )

    @staticmethod
    def _fields(job: _Job) -> dict[str, object]:
        if job.size is not None:
            return {"beparams": {"vcpus": job.size[0], "maxmem": job.size[1]}}
        return {"group_name": job.group} if job.group else {}

    def _nics(self, name: str) -> list[dict[str, object]] | None:
        facts = self.instances.get(name)
        return None if facts is None else [msgspec.structs.asdict(nic) for nic in facts.nics]

    def engine(self) -> Engine:
        """Answer the doors to this cluster."""
        return Engine(SimulatedCompute(self), SimulatedCluster(self), SimulatedNetworks(self))


class SimulatedCompute:
    """The compute door of a simulated cluster."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, spec: InstanceSpec, *, again: bool = False) -> int:
        """Queue the making of an instance, once."""
        known = [job for job in self._world.jobs.values() if job.spec and job.target == spec.name]
        if again and known:
            return known[0].id
        return self._submit("OP_INSTANCE_CREATE", spec.name, spec=spec, after=spec.after)

    def _submit(self, opcode: str, name: str, **details: object) -> int:
        job = msgspec.structs.replace(_Job(id=0, opcode=opcode, target=name), **details)
        return self._world.submit(job)

    def remove(self, name: str, *, after: int | None = None) -> int:
        """Queue an instance's removal."""
        jobs = () if after is None else (after,)
        return self._submit("OP_INSTANCE_REMOVE", name, after=jobs, after_success=False)

    def start(self, name: str) -> int:
        """Queue a start."""
        return self._submit("OP_INSTANCE_STARTUP", name)

    def stop(self, name: str, *, timeout: int | None = None) -> int:
        """Queue a shutdown."""
        return self._submit("OP_INSTANCE_SHUTDOWN", name)

    def reboot(self, name: str, *, hard: bool) -> int:
        """Queue a reboot."""
        return self._submit("OP_INSTANCE_REBOOT", name)

    def resize(self, name: str, *, vcpus: int, memory_mib: int) -> int:
        """Queue a change of size."""
        return self._submit("OP_INSTANCE_SET_PARAMS", name, size=(vcpus, memory_mib))

    def plug(self, name: str, nic: NicSpec, *, hotplug: bool) -> int:
        """Queue the adding of a network card."""
        return self._submit("OP_INSTANCE_SET_PARAMS", name, nic=nic)

    def unplug(self, name: str, nic_name: str, *, hotplug: bool) -> int:
        """Queue the removal of a network card."""
        gone = NicSpec(name=nic_name, network="")
        return self._submit("OP_INSTANCE_SET_PARAMS", name, nic=gone)

    def rename(self, name: str, new_name: str) -> int:
        """Queue another name for a stopped instance."""
        return self._submit("OP_INSTANCE_RENAME", name, new_name=new_name)

    def rename_disk(self, name: str, index: int, disk_name: str) -> int:
        """Queue a new name of a disk."""
        return self._submit("OP_INSTANCE_SET_PARAMS", name, disk=(index, disk_name))

    def attach_disk(self, name: str, disk: DiskSpec, *, hotplug: bool) -> int:
        """Queue the adding of a disk."""
        return self._submit("OP_INSTANCE_SET_PARAMS", name, disks=(disk, disk.name))

    def detach_disk(self, name: str, disk_name: str, *, keep: bool, hotplug: bool) -> int:
        """Queue the removal of a disk."""
        return self._submit("OP_INSTANCE_SET_PARAMS", name, disks=(None, disk_name))

    def grow_disk(self, name: str, disk_name: str, mib: int) -> int:
        """Queue the growing of a disk."""
        facts = self._world.instances.get(name)
        old = (
            next((disk for disk in facts.disks if disk.name == disk_name), None) if facts else None
        )
        if old is None:
            raise EngineRefused(f"The instance {name} has no disk {disk_name}.")
        grown = msgspec.structs.replace(old, size_mib=old.size_mib + mib)
        return self._submit("OP_INSTANCE_GROW_DISK", name, disks=(grown, disk_name))

    def purge_disk(self, helper: str, disk: DiskSpec) -> int:
        """Queue the removal of what a detached disk holds."""
        spec = InstanceSpec(
            name=helper,
            vcpus=1,
            memory_mib=128,
            disk_template="ext",
            disks=(disk,),
            guest=Guest(server_uuid="", hostname=helper),
        )
        return self.remove(helper, after=self.create(spec, again=True))

    def instance(self, name: str) -> InstanceFacts | None:
        """Answer one instance."""
        self._world.check()
        return self._world.instances.get(name)

    def instances(self) -> list[InstanceFacts]:
        """Answer every instance."""
        self._world.check()
        return list(self._world.instances.values())

    def job(self, job_id: int) -> JobFacts | None:
        """Answer a job."""
        self._world.check()
        job = self._world.jobs.get(job_id)
        if job is None:
            return None
        size = job.size or (None, None)
        return JobFacts(
            id=job.id,
            status=job.status,
            opcode=job.opcode,
            instance=job.target,
            reason=job.reason,
            code=job.code,
            ended=job.ended,
            vcpus=size[0],
            memory_mib=size[1],
        )


class SimulatedCluster:
    """The door to a simulated cluster's facts."""

    def __init__(self, world: World) -> None:
        self._world = world

    def facts(self) -> ClusterFacts:
        """Answer a cluster with plenty of room."""
        self._world.check()
        room = 1_000_000_000
        return ClusterFacts(
            name=self._world.name,
            disk_templates=("ext", "plain", "drbd", "file"),
            mfree=room,
            mtotal=room,
            dfree=room,
            dtotal=room,
            pinst_cnt=len(self._world.instances),
            ctotal=100_000,
        )

    def check_write_access(self) -> None:
        """Accept."""
        self._world.check()

    def beat(self, tag: str) -> None:
        """Accept a sign of life; nobody watches."""
        self._world.check()

    def vnc(self, name: str) -> VncPoint | None:
        """Tell of a screen that nobody serves."""
        facts = self._world.instances.get(name)
        return VncPoint(host="127.0.0.1", port=5900) if facts and facts.running else None

    def console_log(self, name: str, *, length: int) -> bytes:
        """Answer what a guest might have written."""
        text = f"{name} login: ".encode() if name in self._world.instances else b""
        return text[-length:]


class SimulatedNetworks:
    """The networking door of a simulated cluster."""

    def __init__(self, world: World) -> None:
        self._world = world

    def _submit(self, opcode: str, name: str, **details: object) -> int:
        job = msgspec.structs.replace(_Job(id=0, opcode=opcode, target=name), **details)
        return self._world.submit(job)

    def create_network(self, spec: NetworkSpec) -> int:
        """Queue the making of a network."""
        return self._submit("OP_NETWORK_ADD", spec.name, network=spec)

    def connect_network(
        self, name: str, group: str, *, mode: str, link: str, after: tuple[int, ...] = ()
    ) -> int:
        """Queue its connection."""
        del mode, link
        return self._submit("OP_NETWORK_CONNECT", name, group=group, after=after)

    def disconnect_network(self, name: str, group: str) -> int:
        """Queue its disconnection."""
        return self._submit("OP_NETWORK_DISCONNECT", name, group=group)

    def delete_network(self, name: str, *, after: tuple[int, ...] = ()) -> int:
        """Queue its removal."""
        return self._submit("OP_NETWORK_REMOVE", name, after=after)

    def guard(self, instance: str, nic: str, tag: str | None) -> int:
        """Queue another firewall tag for a card."""
        return self._submit("OP_INSTANCE_SET_PARAMS", instance, guarded=(nic, tag))

    def groups(self) -> list[str]:
        """Answer the one node group."""
        self._world.check()
        return ["default"]

    def network(self, name: str) -> NetworkFacts | None:
        """Answer one network."""
        self._world.check()
        return self._world.networks.get(name)

    def networks(self) -> list[NetworkFacts]:
        """Answer every network."""
        self._world.check()
        return list(self._world.networks.values())
