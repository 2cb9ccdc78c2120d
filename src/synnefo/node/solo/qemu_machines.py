"""Machines that are QEMU processes: started paused, wired, let go, watched over QMP."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from synnefo.kit.clock import monotonic
from synnefo.kit.logs import get_logger
from synnefo.node.solo import processes, qemu_command, serial_logs
from synnefo.node.solo.disks import DiskSource
from synnefo.node.solo.failures import JobFailure
from synnefo.node.solo.machines import Cable, StartPlan
from synnefo.node.solo.monitors import MonitorLost, MonitorRefused, Monitors
from synnefo.node.solo.qemu_command import Chassis
from synnefo.node.solo.records import Disk, Nic

log = get_logger(__name__)

_START_SECONDS = 60
_POWERDOWN_EVERY = 2.0
_UNPLUG_SECONDS = 20.0
_UNPLUG_EVERY = 3.0
_OFF_STATES = {"shutdown", "guest-panicked", "internal-error"}
_WAITING_STATES = {"prelaunch", "paused"}


class QemuMachines:
    """All QEMUs of this cluster; each has a folder with its pid file, sockets and logs."""

    def __init__(
        self,
        folder: Path,
        chassis: Chassis,
        *,
        inside: Sequence[str],
        on_off: Callable[[str, str], None],
    ) -> None:
        self._folder = folder
        self._chassis = chassis
        self._inside = list(inside)
        """Command prefix that runs QEMU where its taps belong."""
        self._on_off = on_off
        self._changed = threading.Condition()
        self._off: set[str] = set()
        self._released: set[tuple[str, str]] = set()
        self._stalled: set[str] = set()
        self._monitors = Monitors(self._heard)

    def close(self) -> None:
        """Let go of the machines; they run on."""
        self._monitors.close()

    def recover(self, known: set[str]) -> None:
        """Find running machines again; end those that no instance knows."""
        for folder in sorted(self._folder.iterdir()):
            name = folder.name
            if name not in known:
                log.info("removing what is left of a machine", machine=name)
                self.forget(name)
                shutil.rmtree(folder, ignore_errors=True)
            elif self._pid(name) is not None:
                try:
                    self._connect(name)
                except MonitorLost as error:
                    log.warning("machine found without its monitor", machine=name, why=str(error))

    def start(self, plan: StartPlan) -> None:
        """Run QEMU paused, wire its taps, let it go."""
        name = plan.instance.name
        if self._pid(name) is not None and not self._is_usable(name):
            self.stop(name, 0)
        if self._pid(name) is None:
            self._launch(name, qemu_command.command(self._chassis, plan, self._folder / name))
        try:
            self._connect(name)
            plan.wire()
            self.resume(name)
        except MonitorLost as error:
            self.forget(name)
            said = self._complaint(name)
            raise JobFailure(f"QEMU died at its start: {said or error}") from error
        except BaseException:
            self.forget(name)
            raise

    def resume(self, name: str) -> None:
        """Let a machine go that was found paused before its first instruction."""
        self._connect(name)
        if self._status(name) in _WAITING_STATES:
            self._monitors.execute(name, "cont")

    def resume_stalled(self) -> None:
        """Let machines go on that a full disk stopped; where it is still full they stop again."""
        for name in sorted(self._stalled):
            self._stalled.discard(name)
            if self.is_running(name):
                log.warning("a machine waited for room on its disk", machine=name)
                self._forgive(name, "cont", {})

    def stop(self, name: str, timeout: float) -> None:
        """Press the power button now and then, and pull the plug in the end."""
        if self._pid(name) is not None:
            try:
                self._connect(name)
                if timeout > 0 and self.is_running(name):
                    self._power_down(name, timeout)
                self._monitors.execute(name, "quit")
            except (MonitorLost, MonitorRefused) as error:
                log.info("a monitor did not take the end", machine=name, why=str(error))
            processes.end(self._pid_file(name), by=None, within=5.0)
        self.forget(name)

    def reset(self, name: str) -> None:
        """Press the reset button."""
        self._do(name, "system_reset")

    def is_running(self, name: str) -> bool:
        """Tell whether QEMU is alive and its guest did not power off."""
        return name not in self._off and self._pid(name) is not None

    def forget(self, name: str) -> None:
        """End QEMU whatever it does, and remove its sockets."""
        self._monitors.forget(name)
        processes.kill(self._pid_file(name))
        for leaf in ("pid", "qmp.sock", "vnc.sock", "serial.sock"):
            (self._folder / name / leaf).unlink(missing_ok=True)
        with self._changed:
            self._off.discard(name)
            self._released = {one for one in self._released if one[0] != name}

    def plug_disk(self, name: str, disk: Disk, source: DiskSource) -> None:
        """Add the block device, then the disk."""
        device = qemu_command.disk_device(self._chassis.machine, disk)
        if device["id"] in self._devices(name):
            return
        node = device["drive"]
        self._forgive(name, "blockdev-del", {"node-name": node})
        self._do(name, "blockdev-add", qemu_command.blockdev(node, source))
        self._add_device(name, device, undo=("blockdev-del", {"node-name": node}))

    def unplug_disk(self, name: str, disk: Disk) -> None:
        """Have the guest release the disk, then drop the block device."""
        device = qemu_command.disk_id(disk)
        self._remove_device(name, device)
        self._forgive(name, "blockdev-del", {"node-name": f"{device}b"})

    def resize_disk(self, name: str, disk: Disk) -> None:
        """Tell QEMU the new size; not every kind of disk takes it while it runs."""
        node = f"{qemu_command.disk_id(disk)}b"
        size = disk.size * 1024 * 1024
        self._do(name, "block_resize", {"node-name": node, "size": size})

    def plug_nic(self, name: str, nic: Nic, cable: Cable, wire: Callable[[], None]) -> None:
        """Make the tap, wire it, then add the card."""
        device = qemu_command.nic_device(self._chassis.machine, nic)
        if device["id"] in self._devices(name):
            wire()
            return
        self._forgive(name, "netdev_del", {"id": device["netdev"]})
        self._do(name, "netdev_add", qemu_command.netdev(nic, cable))
        undo = ("netdev_del", {"id": device["netdev"]})
        try:
            wire()
        except BaseException:
            self._forgive(name, *undo)
            raise
        self._add_device(name, device, undo=undo)

    def unplug_nic(self, name: str, nic: Nic) -> None:
        """Have the guest release the card, then drop its tap."""
        device = qemu_command.nic_id(nic)
        self._remove_device(name, device)
        self._forgive(name, "netdev_del", {"id": f"{device}b"})

    def screen(self, name: str) -> Path | None:
        """Tell the VNC socket."""
        return self._folder / name / "vnc.sock"

    def trim_logs(self, limit: int) -> None:
        """Keep every serial log within `limit` bytes."""
        for machine in self._folder.iterdir():
            serial_logs.trim(machine, limit)

    def _pid_file(self, name: str) -> Path:
        return self._folder / name / "pid"

    def _pid(self, name: str) -> int | None:
        return processes.pid_of(self._pid_file(name))

    def _launch(self, name: str, command: list[str]) -> None:
        self.forget(name)
        folder = self._folder / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / "qemu.log").open("wb") as complaints:
            try:
                done = subprocess.run(
                    [*self._inside, *command],
                    stdin=subprocess.DEVNULL,
                    stdout=complaints,
                    stderr=complaints,
                    timeout=_START_SECONDS,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                self.forget(name)
                raise JobFailure(f"QEMU did not start: {error}") from error
        if done.returncode:
            self.forget(name)
            reason = self._complaint(name) or f"exit status {done.returncode}"
            raise JobFailure(f"QEMU did not start: {reason}")

    def _complaint(self, name: str) -> str:
        try:
            text = (self._folder / name / "qemu.log").read_text(errors="replace")
        except OSError:
            return ""
        return text.strip().replace(f"{self._chassis.qemu}: ", "")[-1000:]

    def _connect(self, name: str) -> None:
        if self._monitors.is_connected(name):
            return
        self._monitors.connect(name, self._folder / name / "qmp.sock")
        status = self._status(name)
        if status in _OFF_STATES:
            self._note_off(name, "the guest powered off")
        elif status == "io-error":
            self._stalled.add(name)

    def _status(self, name: str) -> str:
        return str(self._monitors.execute(name, "query-status")["status"])

    def _is_usable(self, name: str) -> bool:
        try:
            self._connect(name)
            return self._status(name) not in _OFF_STATES
        except MonitorLost:
            return False

    def _power_down(self, name: str, timeout: float) -> None:
        deadline = monotonic() + timeout
        while self.is_running(name) and (left := deadline - monotonic()) > 0:
            self._monitors.execute(name, "system_powerdown")
            with self._changed:
                self._changed.wait_for(
                    lambda: not self.is_running(name), min(left, _POWERDOWN_EVERY)
                )

    def _heard(self, name: str, event: str, data: dict[str, Any]) -> None:
        """Take a note of what QEMU tells.

        Called in the monitors' thread: who holds `_changed` must not ask a monitor.
        """
        if event == "SHUTDOWN":
            self._note_off(name, f"the guest powered off ({data.get('reason', 'unknown')})")
        elif event == "BLOCK_IO_ERROR" and data.get("action") == "stop":
            self._stalled.add(name)
        elif event == "GONE":
            with self._changed:
                self._changed.notify_all()
            self._on_off(name, "QEMU is gone")
        elif event == "DEVICE_DELETED":
            with self._changed:
                self._released.add((name, str(data.get("device"))))
                self._changed.notify_all()

    def _note_off(self, name: str, why: str) -> None:
        with self._changed:
            self._off.add(name)
            self._changed.notify_all()
        self._on_off(name, why)

    def _devices(self, name: str) -> set[str]:
        found = self._do(name, "qom-list", {"path": "/machine/peripheral"})
        return {str(entry["name"]) for entry in found}

    def _do(self, name: str, command: str, arguments: dict[str, Any] | None = None) -> Any:
        try:
            self._connect(name)
            return self._monitors.execute(name, command, arguments)
        except (MonitorLost, MonitorRefused) as error:
            raise JobFailure(f"QEMU refused {command}: {error}") from error

    def _forgive(self, name: str, command: str, arguments: dict[str, Any]) -> None:
        try:
            self._monitors.execute(name, command, arguments)
        except (MonitorLost, MonitorRefused) as error:
            log.debug("nothing to undo", machine=name, command=command, why=str(error))

    def _add_device(
        self, name: str, device: dict[str, Any], *, undo: tuple[str, dict[str, Any]]
    ) -> None:
        try:
            self._do(name, "device_add", device)
        except JobFailure:
            self._forgive(name, *undo)
            raise

    def _remove_device(self, name: str, device: str) -> None:
        """Ask until the guest lets go; one that is still booting does not hear the first time."""
        deadline = monotonic() + _UNPLUG_SECONDS
        while device in self._devices(name):
            if monotonic() > deadline:
                raise JobFailure(
                    f"The guest did not release device {device} within {_UNPLUG_SECONDS:.0f} s;"
                    " is it up?"
                )
            with self._changed:
                self._released.discard((name, device))
            self._forgive(name, "device_del", {"id": device})
            with self._changed:
                self._changed.wait_for(lambda: (name, device) in self._released, _UNPLUG_EVERY)
