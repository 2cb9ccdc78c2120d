"""What a fresh one-machine cloud has: its cluster, sizes, a public network, an image."""

import hashlib
import ipaddress
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from synnefo.clients.http import Http
from synnefo.kit import conf
from synnefo.node.solo.settings import SoloSettings
from synnefo.webproject.up import programs
from synnefo.webproject.up.folder import Folder, Place

Manage = Callable[..., str]
Asked = Callable[..., Any]

CLUSTER = "solo"
TEMPLATE = "ext_archipelago"
FLAVORS = [("1", "128,256,512", "1,5"), ("1,2", "1024,2048", "10,20"), ("2,4", "4096", "40")]
IMAGE = "Demonstration"
CHUNK = 1024 * 1024


def cluster(folder: Folder, place: Place, manage: Manage, asked: Asked) -> str:
    """Make what the cloud needs before a machine can be built; answers what was new."""
    made = []
    if _add_cluster(folder, place, manage, asked):
        made.append("cluster")
    if not asked("flavor-list"):
        _add_flavors(manage, asked)
        made.append("flavors")
    if not any(network["public"] for network in asked("network-list")):
        _add_network(place, manage)
        made.append("network")
    if not asked("pool-list"):
        manage("pool-create", "--type", "mac-prefix", "--size", "65536")
        made.append("pool of MAC prefixes")
    return f"{', '.join(made)} made" if made else "all there"


def _add_cluster(folder: Folder, place: Place, manage: Manage, asked: Asked) -> bool:
    address = f"http://127.0.0.1:{place.rapi_port}"
    known = next((row for row in asked("backend-list") if row["clustername"] == CLUSTER), None)
    if known is not None:
        manage("backend-modify", str(known["id"]), "--address", address)
        return False
    manage(
        "backend-add",
        "--clustername",
        CLUSTER,
        "--address",
        address,
        "--user",
        "synnefo",
        f"--pass={folder.rapi_password.read_text().strip()}",
        "--hypervisor",
        conf.of(SoloSettings).solo_hypervisors[0],
    )
    fresh = next(row for row in asked("backend-list") if row["clustername"] == CLUSTER)
    manage("backend-modify", str(fresh["id"]), "--drained", "False")
    return True


def _add_flavors(manage: Manage, asked: Asked) -> None:
    manage("volume-type-create", "--name", "archipelago", "--disk-template", TEMPLATE)
    kind = next(r for r in asked("volume-type-list") if r["disk_template"] == TEMPLATE)["id"]
    for cpu, ram, disk in FLAVORS:
        manage("flavor-create", cpu, ram, disk, str(kind))


def _add_network(place: Place, manage: Manage) -> None:
    subnet = next(free_subnets(place.cloud_id, _routes()))
    manage(
        "network-create",
        "--public",
        "--name",
        "Public",
        "--flavor",
        "CUSTOM",
        "--subnet",
        str(subnet),
        "--gateway",
        str(subnet[1]),
        "--dhcp",
        "True",
        "--tags",
        "nat",
    )


def free_subnets(seed: str, taken: list[ipaddress.IPv4Network]) -> Iterator[ipaddress.IPv4Network]:
    """Give /22 networks out of 10.64.0.0/10 that overlap none in use, in an order of `seed`'s."""
    candidates = list(ipaddress.ip_network("10.64.0.0/10").subnets(new_prefix=22))
    first = int(hashlib.sha256(seed.encode()).hexdigest(), 16) % len(candidates)
    for subnet in candidates[first:] + candidates[:first]:
        if isinstance(subnet, ipaddress.IPv4Network) and not any(
            subnet.overlaps(other) for other in taken
        ):
            yield subnet


def _routes() -> list[ipaddress.IPv4Network]:
    try:
        shown = subprocess.run(["ip", "-4", "-j", "route"], check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    named = [entry["dst"] for entry in json.loads(shown or b"[]") if entry["dst"] != "default"]
    return [ipaddress.IPv4Network(name, strict=False) for name in named]


def image(folder: Folder, place: Place) -> str:
    """Build the demonstration image and register it for everybody, once."""
    token = json.loads((folder.root / "logins.json").read_text())["admin"]["token"]
    images = Http(f"{place.url}/cyclades/image/v2", token=token, timeout=300)
    listed = images.read("GET", "/images", dict[str, Any], query={"name": IMAGE})["images"]
    if any(row["status"] == "active" for row in listed):
        return "there"
    file = folder.root / "demonstration.img"
    subprocess.run(
        [programs.program("synnefo"), "demo-image", "-o", str(file)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    _register(images, file)
    size = file.stat().st_size
    file.unlink()
    return f"{size // 1024 // 1024} MiB uploaded"


def _register(images: Http, file: Path) -> None:
    wanted = {
        "name": IMAGE,
        "visibility": "public",
        "disk_format": "raw",
        "container_format": "bare",
        "min_ram": 128,
        "min_disk": 1,
        "os_distro": "debian",
        "os_admin_user": "user",
        "description": "A small Debian-based system; sign in as `user` with your key.",
    }
    made = images.read("POST", "/images", dict[str, Any], body=wanted)
    with file.open("rb") as content:
        images.call(
            "PUT",
            f"/images/{made['id']}/file",
            body=iter(lambda: content.read(CHUNK), b""),
            headers={"Content-Type": "application/octet-stream"},
        )
