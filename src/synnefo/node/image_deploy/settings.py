"""Settings of the OS definition: lines KEY=VALUE as a shell reads them.

Spec: images-and-nodes 1.13.
"""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec

from synnefo.node.image_deploy.failures import DeployFailed

FILES = ("/etc/default/snf-image", "/etc/snf-image/snf-image.conf")


class ImageSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Where images, the helper and Pithos are, and how long the helper may take."""

    image_dir: str = "/var/lib/snf-image"
    """Folder of the images that `local://` names."""
    cloud_init_debug: str = "no"
    """Have cloud-init tell more in its logs."""
    helper_dir: str = "/var/lib/snf-image/helper/"
    """Folder of the helper's kernel and initrd."""
    helper_soft_timeout: int = 120
    """Seconds that the helper may take."""
    helper_hard_timeout: int = 5
    """Seconds after that until it is killed."""
    helper_user: str = "nobody"
    """User that the helper's process runs as."""
    helper_memory: int = 512
    """Memory of the helper in MiB."""
    helper_accel: str = "tcg"
    """How QEMU runs the helper: tcg, or kvm where that is known to work."""
    kvm: str = "/usr/bin/qemu-system-x86_64"
    """The QEMU program."""
    qemu_nbd: str = "/usr/bin/qemu-nbd"
    """Reaches disks that have neither a path nor an NBD socket."""
    curl: str = "curl -fsSL"
    """Fetches images from the network."""
    pithos_data: str = "/var/lib/pithos/data"
    """The block store of Pithos."""
    pithos_backend_storage: str = "nfs"
    """`nfs`: blocks in PITHOS_DATA; `archipelago`: where PITHOS_ARCHIPELAGO_CONF says."""
    pithos_archipelago_conf: str = "/etc/archipelago/archipelago.conf"
    """Archipelago's configuration."""
    progress_monitor: str = ""
    """Program that is told the progress, such as snf-progress-monitor."""
    dhcp_tags: str = "auto dhcp nfdhcpd"
    """Tags of networks whose IPv4 addresses come by DHCP."""
    stateful_dhcpv6_tags: str = "dhcpv6 stateful_dhcpv6"
    """Tags of networks with DHCPv6 addresses."""
    stateless_dhcpv6_tags: str = "nfdhcpd stateless_dhcpv6"
    """Tags of networks where DHCPv6 tells all but addresses."""
    default_nic_config: str = "dhcp"
    """What a lone card does whose network tells nothing."""


def load(files: tuple[str, ...] = FILES) -> ImageSettings:
    """Read the first file that is there; later lines win. Unknown keys are left to others."""
    named = os.environ.get("SNF_IMAGE_CONF")
    for name in (named,) if named else files:
        if Path(name).is_file():
            told = dict(_assignments(Path(name)))
            try:
                return msgspec.convert(told, ImageSettings, strict=False)
            except msgspec.ValidationError as error:
                raise DeployFailed(f"{name} makes no sense: {error}") from None
    return ImageSettings()


def _assignments(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            raise DeployFailed(f"{file} cannot be read at: {line}") from None
        words = words[1:] if words[:1] == ["export"] else words
        if words and "=" in words[0]:
            key, _, value = words[0].partition("=")
            yield key, value
