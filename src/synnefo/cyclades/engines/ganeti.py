"""Instances and cluster facts over the RAPI of Ganeti or snf-solo. Spec: compute 10."""

from typing import Any
from urllib.parse import quote

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
)
from synnefo.cyclades.engines import instance_params as params
from synnefo.cyclades.engines.compute import EngineError, EngineRefused
from synnefo.cyclades.engines.rapi import Rapi

_ANY_END = ["success", "error", "canceled"]
NO_JOB = 0
"""Stands for the archived job of an instance that is there; no cluster has such a job."""


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """How an operator wants instances made on clusters."""

    create_extra: dict[str, Any] = {}
    opportunistic_locking: bool = True
    wait_for_sync: bool = False


class GanetiCompute:
    """The compute door, on one cluster."""

    def __init__(self, rapi: Rapi, habits: Habits) -> None:
        self._rapi = rapi
        self._habits = habits

    def create(self, spec: InstanceSpec, *, again: bool = False) -> int:
        """Queue the making of an instance, unless a job does so already or it is there."""
        found = self._creating(spec.name) if again else None
        if found is not None:
            return found
        if again and self.instance(spec.name) is not None:
            return NO_JOB
        body = params.creation(
            spec,
            self._habits.create_extra,
            hotlocking=self._habits.opportunistic_locking,
            waiting=self._habits.wait_for_sync,
        )
        return self._rapi.submit("POST", "/instances", body)

    def _creating(self, name: str) -> int | None:
        for body in self._rapi.get("/jobs", {"bulk": "1"}) or []:
            job = params.job_facts(body)
            if job and job.opcode == "OP_INSTANCE_CREATE" and _creates(body, name):
                return job.id
        return None

    def remove(self, name: str, *, after: int | None = None) -> int:
        """Queue an instance's removal; the guest gets no time."""
        body: dict[str, Any] = {"shutdown_timeout": 0}
        if after is not None:
            body["depends"] = [[after, _ANY_END]]
        return self._rapi.submit("DELETE", _instance(name), body)

    def start(self, name: str) -> int:
        """Queue an instance's start."""
        return self._rapi.submit("PUT", f"{_instance(name)}/startup", {})

    def stop(self, name: str, *, timeout: int | None = None) -> int:
        """Queue a shutdown."""
        body = {} if timeout is None else {"timeout": timeout}
        return self._rapi.submit("PUT", f"{_instance(name)}/shutdown", body)

    def reboot(self, name: str, *, hard: bool) -> int:
        """Queue a reboot; Ganeti's kind is always hard. Spec: compute 8.3."""
        body = {"shutdown_timeout": 0} if hard else {}
        return self._rapi.submit("POST", f"{_instance(name)}/reboot", body, {"type": "hard"})

    def resize(self, name: str, *, vcpus: int, memory_mib: int) -> int:
        """Queue a change of size."""
        size = {"vcpus": vcpus, "minmem": memory_mib, "maxmem": memory_mib}
        return self._modify(name, {"beparams": size})

    def plug(self, name: str, nic: NicSpec, *, hotplug: bool) -> int:
        """Queue the adding of a network card."""
        change = {"nics": [["add", -1, params.nic(nic)]]}
        return self._modify(name, {**change, "hotplug_if_possible": hotplug})

    def unplug(self, name: str, nic_name: str, *, hotplug: bool) -> int:
        """Queue the removal of a network card."""
        change = {"nics": [["remove", nic_name, {}]]}
        return self._modify(name, {**change, "hotplug_if_possible": hotplug})

    def rename(self, name: str, new_name: str) -> int:
        """Queue another name for a stopped instance."""
        body = {"new_name": new_name, "ip_check": False, "name_check": False}
        return self._rapi.submit("PUT", f"{_instance(name)}/rename", body)

    def rename_disk(self, name: str, index: int, disk_name: str) -> int:
        """Queue a new name of a disk."""
        return self._modify(name, {"disks": [["modify", index, {"name": disk_name}]]})

    def attach_disk(self, name: str, disk: DiskSpec, *, hotplug: bool) -> int:
        """Queue the adding of a disk."""
        change = {"disks": [["add", -1, params.disk(disk)]]}
        return self._modify(name, {**change, "hotplug_if_possible": hotplug})

    def detach_disk(self, name: str, disk_name: str, *, keep: bool, hotplug: bool) -> int:
        """Queue the removal of a disk; its provider is told first to keep what it holds."""
        body: dict[str, Any] = {
            "disks": [["remove", disk_name, {}]],
            "hotplug_if_possible": hotplug,
        }
        if keep:
            kept = self._modify(name, {"disks": [["modify", disk_name, {"reuse_data": "keep"}]]})
            body["depends"] = [[kept, ["success"]]]
        return self._modify(name, body)

    def grow_disk(self, name: str, disk_name: str, mib: int) -> int:
        """Queue the growing of a disk; Ganeti takes its place among the disks."""
        facts = self.instance(name)
        places = [one.name for one in facts.disks] if facts else []
        if disk_name not in places:
            raise EngineRefused(f"The instance {name} has no disk {disk_name}.")
        place = f"{_instance(name)}/disk/{places.index(disk_name)}/grow"
        return self._rapi.submit("POST", place, {"amount": mib})

    def purge_disk(self, helper: str, disk: DiskSpec) -> int:
        """Queue a stopped helper with the disk, and its removal with all that it has."""
        spec = InstanceSpec(
            name=helper,
            vcpus=1,
            memory_mib=128,
            disk_template="ext",
            disks=(disk,),
            image_id="null",
            guest=Guest(server_uuid="", hostname=helper),
        )
        body = params.creation(
            spec,
            self._habits.create_extra,
            hotlocking=self._habits.opportunistic_locking,
        )
        idle = {"start": False, "no_install": True}
        made = self._rapi.submit("POST", "/instances", body | idle)
        return self.remove(helper, after=made)

    def _modify(self, name: str, change: dict[str, Any]) -> int:
        return self._rapi.submit("PUT", f"{_instance(name)}/modify", change)

    def instance(self, name: str) -> InstanceFacts | None:
        """Answer one instance as it is now."""
        body = self._rapi.get(_instance(name))
        return None if body is None else params.instance_facts(body)

    def instances(self) -> list[InstanceFacts]:
        """Answer every instance in one call."""
        found = self._rapi.get("/instances", {"bulk": "1"}) or []
        return [params.instance_facts(body) for body in found]

    def job(self, job_id: int) -> JobFacts | None:
        """Answer a job."""
        body = self._rapi.get(f"/jobs/{job_id}") if job_id != NO_JOB else None
        return None if body is None else params.job_facts(body)


class GanetiCluster:
    """The door to a cluster's own facts."""

    def __init__(self, rapi: Rapi) -> None:
        self._rapi = rapi

    def facts(self) -> ClusterFacts:
        """Answer the cluster's name, storage and free room."""
        info = self._rapi.get("/info") or {}
        nodes = self._rapi.get("/nodes", {"bulk": "1"}) or []
        return params.cluster_facts(info, nodes)

    def check_write_access(self) -> None:
        """Send a change that changes nothing."""
        self._rapi.write("PUT", "/modify", {})

    def beat(self, tag: str) -> None:
        """Set a tag of the cluster as a dry run: its job is news and nothing else."""
        self._rapi.submit("PUT", "/tags", None, {"tag": tag, "dry-run": "1"})

    def vnc(self, name: str) -> VncPoint | None:
        """Tell where an instance's screen is.

        Ganeti 3.0.2 cannot say so itself for VNC: then the node and port are put together.
        """
        body = self._rapi.get(_instance(name))
        if body is None or not body.get("oper_state"):
            return None
        try:
            told = self._rapi.get(f"{_instance(name)}/console") or {}
        except EngineError:
            told = {"kind": "vnc", "host": body.get("pnode"), "port": body.get("network_port")}
        if told.get("kind") != "vnc":
            return None
        if told.get("socket"):
            return VncPoint(socket=str(told["socket"]))
        return VncPoint(host=str(body.get("pnode")), port=int(told.get("port") or 0))

    def console_log(self, name: str, *, length: int) -> bytes:
        """Answer the end of the serial log, where the cluster keeps one."""
        return self._rapi.get_bytes(f"{_instance(name)}/console-log", {"length": str(length)})


def _instance(name: str) -> str:
    return f"/instances/{quote(name, safe='')}"


def _creates(body: dict[str, Any], name: str) -> bool:
    op = (body.get("ops") or [{}])[0]
    return name in {op.get("instance_name"), op.get("name")}
