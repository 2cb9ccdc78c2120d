"""The door to whatever runs the servers. Adapters: `ganeti`, `simulated`.

Every change answers at once with the number of a job; nobody waits for it here. The job's
outcome arrives as an event, or is found by the settle sweep.
"""

from typing import Protocol

from synnefo.cyclades.domain.instances import (
    ClusterFacts,
    DiskSpec,
    InstanceFacts,
    InstanceSpec,
    JobFacts,
    NicSpec,
    VncPoint,
)


class EngineError(Exception):
    """Something went wrong between us and a cluster; the message is fit for people."""


class EngineUnreachable(EngineError):
    """The cluster does not answer or is overwhelmed: trying again makes sense."""


class EngineRefused(EngineError):
    """The cluster understood and says no: trying again does not help."""


class ComputeEngine(Protocol):
    """What a cluster can do with instances.

    Every method may raise `EngineUnreachable` (try again) or `EngineRefused` (for good).
    """

    def create(self, spec: InstanceSpec, *, again: bool = False) -> int:
        """Queue the making of an instance; started when done.

        `again` says that this may have been asked before: then a job that already makes this
        instance is answered instead of a second one; 0 where the instance is there and its job
        is forgotten.
        """
        ...

    def remove(self, name: str, *, after: int | None = None) -> int:
        """Queue an instance's removal, once job `after` has ended in whatever way."""
        ...

    def start(self, name: str) -> int:
        """Queue an instance's start; starting a running one is a success."""
        ...

    def stop(self, name: str, *, timeout: int | None = None) -> int:
        """Queue a shutdown by ACPI; after `timeout` seconds the power is cut."""
        ...

    def reboot(self, name: str, *, hard: bool) -> int:
        """Queue a reboot; a hard one gives the guest no time."""
        ...

    def resize(self, name: str, *, vcpus: int, memory_mib: int) -> int:
        """Queue a change of size of a stopped instance."""
        ...

    def plug(self, name: str, nic: NicSpec, *, hotplug: bool) -> int:
        """Queue the adding of a network card."""
        ...

    def unplug(self, name: str, nic_name: str, *, hotplug: bool) -> int:
        """Queue the removal of a network card."""
        ...

    def rename(self, name: str, new_name: str) -> int:
        """Queue another name for a stopped instance."""
        ...

    def rename_disk(self, name: str, index: int, disk_name: str) -> int:
        """Queue a new name for the disk at a place of an instance."""
        ...

    def attach_disk(self, name: str, disk: DiskSpec, *, hotplug: bool) -> int:
        """Queue the adding of a disk."""
        ...

    def detach_disk(self, name: str, disk_name: str, *, keep: bool, hotplug: bool) -> int:
        """Queue the removal of a disk; what it holds is kept under its name, or removed too."""
        ...

    def grow_disk(self, name: str, disk_name: str, mib: int) -> int:
        """Queue the growing of a disk by so many MiB."""
        ...

    def purge_disk(self, helper: str, disk: DiskSpec) -> int:
        """Queue the removal of what a detached disk holds, by a helper instance of that name."""
        ...

    def instance(self, name: str) -> InstanceFacts | None:
        """Answer one instance as it is now; None when there is none."""
        ...

    def instances(self) -> list[InstanceFacts]:
        """Answer every instance of the cluster in one call."""
        ...

    def job(self, job_id: int) -> JobFacts | None:
        """Answer a job; None when the cluster knows nothing of it."""
        ...


class ClusterEngine(Protocol):
    """What a cluster tells about itself and about the screens of its instances."""

    def facts(self) -> ClusterFacts:
        """Answer the cluster's name, storage and free room."""
        ...

    def check_write_access(self) -> None:
        """Make sure that our credentials may change things."""
        ...

    def beat(self, tag: str) -> None:
        """Have the cluster's watcher tell that it lives; the tag is not kept."""
        ...

    def vnc(self, name: str) -> VncPoint | None:
        """Tell where a running instance's screen is; None when it has none."""
        ...

    def console_log(self, name: str, *, length: int) -> bytes:
        """Answer the last bytes that the guest wrote to its serial port."""
        ...
