"""How one `snf-solo` is set up."""

import hashlib
import os
from pathlib import Path

import msgspec

from synnefo.kit.conf import SettingsError

_SOCKET_PATH_MAX = 107


class SoloSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Settings of the one-machine cluster."""

    solo_data: str = "/var/lib/synnefo"
    """The cloud's data folder; the cluster keeps its own under `solo/`."""

    solo_listen: str = "127.0.0.1:5080"
    """Address and port of the RAPI."""

    solo_user: str = "synnefo"
    """Who may speak to the RAPI."""

    solo_password_file: str = ""
    """File with that user's password; `<data>/solo/password` when empty."""

    solo_certificate: str = ""
    """PEM file with key and certificate for HTTPS; plain HTTP when empty."""

    solo_cluster_name: str = "solo"
    """The cluster's name, as events carry it."""

    solo_hypervisors: tuple[str, ...] = ("kvm", "fake")
    """Hypervisors on offer; the first is the default."""

    solo_accel: str = "auto"
    """`kvm`, `tcg`, or `auto`: KVM where a probe of it boots something, TCG elsewhere."""

    solo_machine: str = "pc"
    """QEMU's machine type, `pc` or `q35`."""

    solo_cpu: str = ""
    """QEMU's CPU model; empty for the host's under KVM and QEMU's default under TCG."""

    solo_qemu: str = "qemu-system-x86_64"
    """QEMU's program."""

    solo_network: str = "auto"
    """`bridge` (needs root), `user`, `none`, or `auto`: bridges when root, else user mode."""

    solo_cloud_id: str = ""
    """Short name of the cloud in names of devices; made from the data folder when empty."""

    solo_nameservers: tuple[str, ...] = ()
    """Where DNS questions of guests go; the host's own name servers when empty."""

    solo_extstorage_dir: str = ""
    """Folder of the storage providers; `<data>/solo/extstorage` when empty."""

    solo_bus: str = ""
    """The bus' file, no events at all when `none`; empty for the bus that follows."""

    amqp_hosts: list[str] = []
    """Message brokers, `amqp://USER:PASSWORD@HOST:PORT` each; named, they come before BUS_URL."""

    amqp_queue_type: str = "quorum"
    """Kind of queue that is declared, as on the hosts of `snf-dispatcher`."""

    bus_url: str = ""
    """Where messages travel without brokers; `<data>/bus.sqlite3` when empty."""

    solo_prefixes: tuple[str, ...] = ("snf",)
    """Name prefixes whose event queues are declared, so that early events are kept."""

    solo_threads: int = 8
    """How many jobs run at once."""

    solo_console_log_bytes: int = 1024 * 1024
    """How much of a serial console is kept."""

    solo_fake_delay: float = 0.0
    """Seconds that each action of the hypervisor `fake` takes."""

    solo_fake_failures: dict[str, str] = {}
    """Instance name pattern -> reason with which its start fails, hypervisor `fake`."""

    solo_fake_memory: int = 16 * 1024 * 1024
    """Memory in MiB that the node claims when `fake` is the default hypervisor."""


class Places(msgspec.Struct, frozen=True):
    """Where the cluster's files lie."""

    data: Path

    @property
    def home(self) -> Path:
        """The cluster's own folder."""
        return self.data / "solo"

    @property
    def instances(self) -> Path:
        """One folder for each instance with its sockets, logs and config drive."""
        return self.home / "vm"

    @property
    def disks(self) -> Path:
        """Disks of template `file`."""
        return self.home / "disks"

    @property
    def bindings(self) -> Path:
        """One file for each plugged NIC: who asks from which network and address."""
        return self.home / "bindings"

    @property
    def networks(self) -> Path:
        """One folder for each network with its leases."""
        return self.home / "networks"

    def of(self, instance: str) -> Path:
        """Tell the folder of one instance."""
        return self.instances / instance

    def make(self) -> None:
        """Make the folders, for the owner only; SettingsError when no socket fits into them."""
        spare = _SOCKET_PATH_MAX - len(os.fsencode(self.of("snf-1234567890") / "serial.sock"))
        if spare < 0:
            raise SettingsError(
                f"The data folder {self.data} is {-spare} characters too long for sockets"
            )
        for folder in (self.home, self.instances, self.disks, self.bindings, self.networks):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def cloud_id(settings: SoloSettings) -> str:
    """Tell the short name under which the kernel knows this cloud's devices."""
    if settings.solo_cloud_id:
        return settings.solo_cloud_id
    folder = str(Path(settings.solo_data).resolve())
    return hashlib.sha256(folder.encode()).hexdigest()[:8]
