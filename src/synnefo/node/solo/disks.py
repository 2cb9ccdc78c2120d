"""Disks: plain files, and Ganeti's external storage providers. Labs: ganeti 6."""

import os
import subprocess
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from synnefo.node.solo.failures import JobFailure, refused
from synnefo.node.solo.records import Disk, Instance

_TIMEOUT = 600
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TEMPLATES = ("diskless", "ext", "file")


class DiskSource(msgspec.Struct, frozen=True):
    """Where QEMU finds a disk: a file, a device, or an export of an NBD server on a socket."""

    path: str = ""
    nbd_socket: str = ""
    nbd_host: str = ""
    nbd_port: str = ""
    nbd_export: str = ""


class Storage(Protocol):
    """Makes, opens and removes the disks of instances. Every verb may be repeated."""

    def create(self, instance: Instance, disk: Disk, *, again: bool) -> None:
        """Make a disk; `again` first removes what an interrupted attempt left."""

    def attach(self, instance: Instance, disk: Disk) -> DiskSource:
        """Open a disk for this machine and tell where QEMU finds it."""

    def detach(self, instance: Instance, disk: Disk) -> None:
        """Let go of a disk; nothing uses it any more."""

    def remove(self, instance: Instance, disk: Disk) -> None:
        """Delete a disk that is detached; one that is gone already is fine."""

    def grow(self, instance: Instance, disk: Disk, new_size: int) -> None:
        """Make a disk larger, to `new_size` MiB in all."""

    def snapshot(self, instance: Instance, disk: Disk, name: str) -> None:
        """Take a snapshot called `name`."""


class NoStorage:
    """Disks that are only remembered, for the hypervisor `fake`."""

    def create(self, instance: Instance, disk: Disk, *, again: bool) -> None:
        """Do nothing."""

    def attach(self, instance: Instance, disk: Disk) -> DiskSource:
        """Point nowhere."""
        return DiskSource()

    def detach(self, instance: Instance, disk: Disk) -> None:
        """Do nothing."""

    def remove(self, instance: Instance, disk: Disk) -> None:
        """Do nothing."""

    def grow(self, instance: Instance, disk: Disk, new_size: int) -> None:
        """Do nothing."""

    def snapshot(self, instance: Instance, disk: Disk, name: str) -> None:
        """Do nothing."""


class RealStorage:
    """Makes, opens and removes the disks of instances. Every verb may be repeated."""

    def __init__(self, disks: Path, providers: Path, log_file: Path) -> None:
        self._disks = disks
        self._providers = providers
        self._log_file = log_file

    def create(self, instance: Instance, disk: Disk, *, again: bool) -> None:
        """Make a disk; `again` first removes what an interrupted attempt left."""
        if instance.disk_template == "file":
            self._create_file(disk)
        elif instance.disk_template == "ext":
            if again:
                self._forgive(disk, "detach", "remove")
            self._call(disk, "create", VOL_SIZE=str(disk.size))
            self._call(disk, "setinfo", VOL_METADATA=f"originstname+{instance.name}")
        else:
            raise refused(f"Disk template '{instance.disk_template}' has no disks")

    def attach(self, instance: Instance, disk: Disk) -> DiskSource:
        """Open a disk for this machine and tell where QEMU finds it."""
        if instance.disk_template == "file":
            return DiskSource(path=str(self._file(disk)))
        answer = self._call(disk, "attach")
        self._call(disk, "open", VOL_OPEN_EXCLUSIVE="True")
        return read_attachment(answer)

    def detach(self, instance: Instance, disk: Disk) -> None:
        """Let go of a disk; nothing uses it any more."""
        if instance.disk_template == "ext":
            self._forgive(disk, "close", "detach")

    def remove(self, instance: Instance, disk: Disk) -> None:
        """Delete a disk that is detached; one that is gone already is fine."""
        if instance.disk_template == "file":
            self._file(disk).unlink(missing_ok=True)
        elif instance.disk_template == "ext":
            self._call(disk, "remove")

    def grow(self, instance: Instance, disk: Disk, new_size: int) -> None:
        """Make a disk larger, to `new_size` MiB in all."""
        if instance.disk_template == "file":
            os.truncate(self._file(disk), new_size * 1024 * 1024)
        else:
            self._call(disk, "grow", VOL_SIZE=str(disk.size), VOL_NEW_SIZE=str(new_size))

    def snapshot(self, instance: Instance, disk: Disk, name: str) -> None:
        """Have the provider take a snapshot called `name`."""
        if instance.disk_template != "ext":
            raise refused(f"Disk template '{instance.disk_template}' takes no snapshots")
        self._call(disk, "snapshot", VOL_SNAPSHOT_NAME=name, VOL_SNAPSHOT_SIZE=str(disk.size))

    def _file(self, disk: Disk) -> Path:
        return self._disks / f"{disk.uuid}.raw"

    def _create_file(self, disk: Disk) -> None:
        target = self._file(disk)
        origin = disk.params.get("origin")
        scratch = target.with_suffix(".new")
        try:
            if origin:
                subprocess.run(
                    ["cp", "--reflink=auto", "--sparse=always", str(origin), str(scratch)],
                    check=True,
                    capture_output=True,
                )
            else:
                scratch.touch(mode=0o600)
            size = disk.size * 1024 * 1024
            if scratch.stat().st_size > size:
                raise JobFailure(f"{origin} is larger than the disk of {disk.size} MiB")
            os.truncate(scratch, size)
            scratch.chmod(0o600)
            scratch.replace(target)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip()
            raise JobFailure(f"Cannot create disk {disk.name}: {reason}") from error
        except OSError as error:
            raise JobFailure(f"Cannot create disk {disk.name}: {error.strerror}") from error
        finally:
            scratch.unlink(missing_ok=True)

    def _forgive(self, disk: Disk, *verbs: str) -> None:
        for verb in verbs:
            try:
                self._call(disk, verb)
            except JobFailure as failure:
                self._write_log(f"{verb} {disk.name}: {failure.message} (ignored)")

    def _call(self, disk: Disk, verb: str, **more: str) -> str:
        provider = str(disk.params.get("provider") or "")
        script = self._providers / provider / verb
        if not provider or "/" in provider or not script.exists():
            if provider and verb in {"open", "close", "setinfo"}:
                return ""
            raise JobFailure(f"Storage provider '{provider}' has no '{verb}' in {self._providers}")
        try:
            done = subprocess.run(
                [script],
                env=_environment(disk, more),
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
                check=False,
                cwd="/",
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise JobFailure(f"Storage provider {provider}: {verb} failed: {error}") from error
        if done.returncode:
            told = (done.stderr or done.stdout).strip()[-500:] or f"exit status {done.returncode}"
            self._write_log(f"{verb} {disk.name}: {told}")
            raise JobFailure(f"Storage provider {provider} cannot {verb} {disk.name}: {told}")
        return done.stdout

    def _write_log(self, line: str) -> None:
        with self._log_file.open("a") as sink:
            sink.write(f"{line}\n")


def _environment(disk: Disk, more: dict[str, str]) -> dict[str, str]:
    told = {
        "PATH": _PATH,
        "LANG": "C.UTF-8",
        "VOL_NAME": f"{disk.uuid}.ext.disk0",
        "VOL_UUID": disk.uuid,
        "VOL_CNAME": disk.name or "",
        "VOL_SIZE": str(disk.size),
        "EXTP_ACCESS": "userspace",
    }
    for key, value in disk.params.items():
        if value is not None:
            told[f"EXTP_{key.upper()}"] = str(value)
    return told | more


def read_attachment(answer: str) -> DiskSource:
    """Read what a provider's `attach` printed: a device, or an empty line and URIs."""
    device, _, rest = answer.partition("\n")
    if device.strip():
        return DiskSource(path=device.strip())
    for line in rest.splitlines():
        hypervisor, _, uri = line.strip().partition(":")
        if hypervisor == "kvm" and uri:
            return _read_uri(uri)
    raise JobFailure(f"The storage provider's attach answered nothing for kvm: {answer[:200]!r}")


def _read_uri(uri: str) -> DiskSource:
    parts = urlsplit(uri)
    export = unquote(parts.path.lstrip("/"))
    if parts.scheme == "nbd+unix":
        socket = parse_qs(parts.query).get("socket", [""])[0]
        return DiskSource(nbd_socket=socket, nbd_export=export)
    if parts.scheme == "nbd":
        port = str(parts.port or 10809)
        return DiskSource(nbd_host=parts.hostname or "", nbd_port=port, nbd_export=export)
    if parts.scheme in {"", "file"}:
        return DiskSource(path=unquote(parts.path))
    raise JobFailure(f"No idea how to open a disk at {uri}")
