"""Cloud images that publishers keep at known addresses."""

import msgspec


class Published(msgspec.Struct, frozen=True):
    """An image of a publisher; properties are what the cloud should know of it."""

    url: str
    checksums: str
    """Address of the publisher's list of checksums."""
    title: str
    user: str
    distribution: str
    root_partition: str = "1"

    @property
    def properties(self) -> dict[str, str]:
        """Tell the cloud how to treat the image. Spec: images-and-nodes 1.5."""
        return {
            "os": self.distribution,
            "osfamily": "linux",
            "os_type": "linux",
            "os_distro": self.distribution,
            "os_admin_user": self.user,
            "users": f"root {self.user}",
            "root_partition": self.root_partition,
            "cloud_init": "yes",
            "cloud_init_default_user": self.user,
            "description": self.title,
        }


_DEBIAN = "https://cloud.debian.org/images/cloud"
_UBUNTU = "https://cloud-images.ubuntu.com/releases"


def _debian(number: int, name: str) -> Published:
    folder = f"{_DEBIAN}/{name}/latest"
    return Published(
        url=f"{folder}/debian-{number}-genericcloud-amd64.qcow2",
        checksums=f"{folder}/SHA512SUMS",
        title=f"Debian {number} ({name})",
        user="debian",
        distribution="debian",
    )


def _ubuntu(version: str, name: str) -> Published:
    folder = f"{_UBUNTU}/{name}/release"
    return Published(
        url=f"{folder}/ubuntu-{version}-server-cloudimg-amd64.img",
        checksums=f"{folder}/SHA256SUMS",
        title=f"Ubuntu {version} LTS ({name})",
        user="ubuntu",
        distribution="ubuntu",
    )


CATALOGUE = {
    "debian-12": _debian(12, "bookworm"),
    "debian-13": _debian(13, "trixie"),
    "ubuntu-22.04": _ubuntu("22.04", "jammy"),
    "ubuntu-24.04": _ubuntu("24.04", "noble"),
}
