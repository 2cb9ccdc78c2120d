"""What a hypervisor is to the cluster, and the hypervisor `fake`."""

import fnmatch
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from synnefo.node.solo.disks import DiskSource
from synnefo.node.solo.failures import JobFailure
from synnefo.node.solo.records import Disk, Instance, Nic


class Cable(msgspec.Struct, frozen=True):
    """How QEMU plugs a NIC: a tap device, or its own user-mode network."""

    tap: str = ""
    user: dict[str, str] = {}


class StartPlan(msgspec.Struct, frozen=True):
    """Everything that a machine needs to be switched on."""

    instance: Instance
    disks: list[tuple[Disk, DiskSource]]
    cables: list[tuple[Nic, Cable]]
    config_drive: str | None
    wire: Callable[[], None]
    """Called when the taps are there and nothing runs yet."""


class Machines(Protocol):
    """Machines that outlive this daemon. Every verb may be repeated."""

    def start(self, plan: StartPlan) -> None:
        """Switch a machine on; one that runs is left alone. JobFailure tells what QEMU said."""

    def resume(self, name: str) -> None:
        """Let a machine go that was found paused."""

    def stop(self, name: str, timeout: float) -> None:
        """Ask the guest to power off for `timeout` seconds, then switch it off."""

    def reset(self, name: str) -> None:
        """Press the reset button."""

    def is_running(self, name: str) -> bool:
        """Tell whether the machine is on."""

    def forget(self, name: str) -> None:
        """Remove whatever is left of a machine that is off."""

    def plug_disk(self, name: str, disk: Disk, source: DiskSource) -> None:
        """Plug a disk into a running machine."""

    def unplug_disk(self, name: str, disk: Disk) -> None:
        """Take a disk out of a running machine."""

    def resize_disk(self, name: str, disk: Disk) -> None:
        """Show a running machine the disk's new size."""

    def plug_nic(self, name: str, nic: Nic, cable: Cable, wire: Callable[[], None]) -> None:
        """Plug a NIC into a running machine; `wire` is called once its tap is there."""

    def unplug_nic(self, name: str, nic: Nic) -> None:
        """Take a NIC out of a running machine."""

    def screen(self, name: str) -> Path | None:
        """Tell the socket of the machine's screen, if it has one."""


class FakeMachines:
    """Machines that are a file each, with delays and failures to order."""

    def __init__(self, folder: Path, *, delay: float, failures: dict[str, str]) -> None:
        self._folder = folder
        self._delay = delay
        self._failures = failures
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def start(self, plan: StartPlan) -> None:
        """Make the file, or fail as ordered."""
        self._rest()
        for pattern, reason in self._failures.items():
            if fnmatch.fnmatch(plan.instance.name, pattern):
                raise JobFailure(reason)
        self._file(plan.instance.name).touch()

    def resume(self, name: str) -> None:
        """Do nothing."""

    def stop(self, name: str, timeout: float) -> None:
        """Delete the file; there is no guest to be asked."""
        self._rest()
        self.forget(name)

    def reset(self, name: str) -> None:
        """Take as long as everything takes."""
        self._rest()

    def is_running(self, name: str) -> bool:
        """Look for the file."""
        return self._file(name).exists()

    def forget(self, name: str) -> None:
        """Delete the file."""
        self._file(name).unlink(missing_ok=True)

    def plug_disk(self, name: str, disk: Disk, source: DiskSource) -> None:
        """Take as long as everything takes."""
        self._rest()

    def unplug_disk(self, name: str, disk: Disk) -> None:
        """Take as long as everything takes."""
        self._rest()

    def resize_disk(self, name: str, disk: Disk) -> None:
        """Take as long as everything takes."""
        self._rest()

    def plug_nic(self, name: str, nic: Nic, cable: Cable, wire: Callable[[], None]) -> None:
        """Take as long as everything takes; nothing is wired."""
        self._rest()

    def unplug_nic(self, name: str, nic: Nic) -> None:
        """Take as long as everything takes."""
        self._rest()

    def screen(self, name: str) -> Path | None:
        """Have no screen."""
        return None

    def _file(self, name: str) -> Path:
        return self._folder / name

    def _rest(self) -> None:
        if self._delay:
            time.sleep(self._delay)
