"""Makes clusters that have Archipelago's disks and the OS definition `snf-image`."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from synnefo.archipelago.ext.install import install_provider
from synnefo.archipelago.settings import Places
from synnefo.archipelago.shelf import Shelf, open_shelf
from synnefo.archipelago.volume import open_volume
from synnefo.cyclades.engines.rapi import Rapi
from synnefo.node.demo_image import build, default_cache
from synnefo.node.demo_image.disk import BOOT_SIZE, START
from synnefo.node.image_deploy import helper_build
from synnefo.node.image_deploy.install import write_definition
from tests.support.ganeti import Cluster, Node
from tests.support.ganeti_fixture import rapi_of

CONF = "/etc/archipelago/archipelago.conf"
PROVIDER = "/usr/share/ganeti/extstorage/archipelago"
DEFINITION = "/srv/ganeti/os/snf-image"
SHARED = "/srv/ganeti/shared-file-storage"
IMAGE_MAP = "demo-image"
ROOT = START + BOOT_SIZE
BLOCK = 4 << 20
PATIENCE = 240.0


class Disks(msgspec.Struct):
    """A cluster with such disks, and what tests do to them. `place` is shared by the nodes."""

    cluster: Cluster
    rapi: Rapi
    place: Path
    image_size: int

    @property
    def shelf(self) -> Shelf:
        """Open the volumes as a host beside the cluster's nodes would."""
        places = Places(self.place / "blocks", self.place / "volumes", self.place / "run",
                        self.place / "log", "host-of-the-tests", 0o007)  # fmt: skip
        return open_shelf(places)

    def job(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Ask for a job and wait for its good end."""
        number = self.rapi.submit(method, path, body)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            told: dict[str, Any] = self.rapi.get(f"/jobs/{number}")
            if told["status"] in {"success", "error", "canceled"}:
                assert told["status"] == "success", told["opresult"]
                return told
            time.sleep(0.1)
        raise AssertionError(f"Job {number} does not end.")

    def create(self, name: str, *, node: int = 1, mib: int = 128, **more: object) -> None:
        """Create a machine of the demonstration image, cloned and customized, not copied."""
        osparams = {"img_id": "null", "img_format": "diskdump", **more}
        properties = {"osfamily": "linux", "root_partition": "2"}
        properties |= osparams.pop("properties", {})  # type: ignore[arg-type] # what tests give
        osparams["img_properties"] = msgspec.json.encode(properties).decode()
        disk = {"size": mib, "provider": "archipelago", "origin": IMAGE_MAP, "name": f"{name}-d0"}
        body = {
            "__version__": 1,
            "mode": "create",
            "name": name,
            "os_type": "snf-image+default",
            "osparams": osparams,
            "hypervisor": "kvm",
            "hvparams": {"serial_console": False},
            "disk_template": "ext",
            "disks": [disk],
            "nics": [],
            "beparams": {"vcpus": 1, "minmem": 128, "maxmem": 128},
            "pnode": self.cluster.nodes[node - 1].fqdn,
            "ip_check": False,
            "name_check": False,
            "conflicts_check": False,
        }
        self.job("POST", "/instances", body)

    def remove(self, name: str) -> None:
        """Remove a machine, if it is there."""
        if self.rapi.get(f"/instances/{name}"):
            self.job("DELETE", f"/instances/{name}", {"shutdown_timeout": 0})

    def facts(self, name: str) -> dict[str, Any]:
        """Answer what the cluster knows of a machine."""
        return dict(self.rapi.get(f"/instances/{name}"))

    def node_of(self, name: str) -> Node:
        """Answer the node that runs a machine."""
        primary = self.facts(name)["pnode"]
        return next(node for node in self.cluster.nodes if node.fqdn == primary)

    def volume(self, name: str, number: int = 0) -> str:
        """Answer what a machine's disk is called in the store."""
        told = self.cluster.master.run("gnt-instance", "info", "-s", name).out
        found = re.findall(r"[0-9a-f-]{36}\.ext\.disk\d+", told)
        return list(dict.fromkeys(found))[number]

    def dump(self, volume: str, target: Path) -> None:
        """Write what a volume holds now to a file."""
        found = open_volume(self.shelf, volume, writing=False)
        try:
            with target.open("wb") as file:
                for at in range(0, found.size, BLOCK):
                    data = found.read(at, min(BLOCK, found.size - at))
                    if data.strip(b"\0"):
                        file.seek(at)
                        file.write(data)
                file.truncate(found.size)
        finally:
            found.close()

    def read_file(self, volume: str, path: str, scratch: Path) -> bytes:
        """Read a file of the root file system that a volume holds."""
        image = scratch / "volume.raw"
        self.dump(volume, image)
        where = f"{image}?offset={ROOT}"
        done = subprocess.run(
            ["/usr/sbin/debugfs", "-R", f"cat {path}", where], capture_output=True, check=True
        )
        image.unlink()
        return done.stdout


@contextmanager
def equipped(cluster: Cluster, scratch: Path) -> Iterator[Disks]:
    """Give a cluster disks and images; afterwards nothing of it is left."""
    place = cluster.shared / "arch"
    inside = f"{SHARED}/arch"
    place.mkdir()
    try:
        build(scratch / "demo.img", default_cache())
        helper_build.build(place / "helper", default_cache())
        for node in cluster.nodes:
            _equip(node, inside, scratch)
        rapi = rapi_of(cluster)
        disks = Disks(cluster, rapi, place, (scratch / "demo.img").stat().st_size)
        _publish(disks, scratch / "demo.img")
        yield disks
        for name in [one["id"] for one in rapi.get("/instances")]:
            if name.startswith("arch-"):
                disks.remove(name)
        rapi.close()
    finally:
        for node in cluster.nodes:
            if node.is_on:
                _strip(node)
        shutil.rmtree(place, ignore_errors=True)


def _equip(node: Node, inside: str, scratch: Path) -> None:
    node.put(
        CONF,
        f"[ARCHIPELAGO]\nBLOCKS_DIR = {inside}/blocks\nVOLUMES_DIR = {inside}/volumes\n"
        "RUN_DIR = /run/archipelago\nLOG_DIR = /var/log/archipelago\n",
    )
    node.put(
        "/etc/default/snf-image",
        f"HELPER_DIR={inside}/helper\nPITHOS_BACKEND_STORAGE=archipelago\nHELPER_MEMORY=256\n",
    )
    provider, definition = scratch / "provider", scratch / "definition"
    install_provider(provider, Path(CONF))
    write_definition(definition)
    node.put_tree(provider, PROVIDER)
    node.put_tree(definition, DEFINITION)
    (node.root / "var/log/archipelago").mkdir(parents=True, exist_ok=True)


def _strip(node: Node) -> None:
    program = [sys.executable, "-m", "synnefo.archipelago.cli.archipelago", "-c", CONF]
    source = {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    node.run(*program, "stop", "--force", check=False, env=source)
    for path in (PROVIDER, DEFINITION):
        shutil.rmtree(node.root / path[1:], ignore_errors=True)


def _publish(disks: Disks, image: Path) -> None:
    """Put the image into the block store, as an upload to Pithos would."""
    shelf = disks.shelf
    data = image.read_bytes()
    names = [
        shelf.blocks.put(data[at : at + BLOCK].rstrip(b"\0")) for at in range(0, len(data), BLOCK)
    ]
    shelf.block_maps.put(IMAGE_MAP, names, len(data), store=shelf.blocks)
