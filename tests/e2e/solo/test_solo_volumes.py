"""Machines on Archipelago's volumes: cloned from an image, served over NBD, plugged, removed."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.archipelago.node import Node, a_node
from tests.e2e.solo.solo_daemon import Daemon, Guest, an_instance, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.needs_qemu]


@pytest.fixture
def node() -> Iterator[Node]:
    with a_node() as running:
        yield running


def an_image_of(node: Node, image: Path) -> str:
    """Put the image into a volume and freeze it as a snapshot that others start from."""
    size = str(-(-image.stat().st_size // 2**20))
    assert node.script("create", "seed-volume", VOL_SIZE=size).returncode == 0
    copy = [
        "qemu-img",
        "convert",
        "-n",
        "-f",
        "raw",
        "-O",
        "raw",
        str(image),
        node.attach("seed-volume"),
    ]
    subprocess.run(copy, check=True)
    assert node.script("detach", "seed-volume").returncode == 0
    node.run("vlmc", "snapshot", "seed-volume", "golden-image")
    return "golden-image"


def test_a_machine_runs_on_a_clone_and_bears_the_death_of_its_server(
    new_daemon: Callable[..., Daemon], node: Node, demo_image: Path, key: Path, tmp_path: Path
) -> None:
    shelf = tmp_path / "providers"
    shelf.mkdir()
    (shelf / "archipelago").symlink_to(node.provider)
    conf = tmp_path / "solo.conf"
    conf.write_text(f"SOLO_EXTSTORAGE_DIR = {str(shelf)!r}\n")
    daemon = new_daemon("a", "--network", "user", "--config", str(conf))
    daemon.network("snf-net-1", "10.213.7.0/24", gateway="10.213.7.1", tags=["public", "nfdhcpd"])
    root = {"size": 128, "name": "snf-vol-1", "provider": "archipelago"}
    body = an_instance(
        "snf-1",
        demo_image,
        key,
        disk_template="ext",
        disks=[{**root, "origin": an_image_of(node, demo_image)}],
        nics=[{"network": "snf-net-1", "ip": "10.213.7.10", "name": "snf-nic-1"}],
    )
    daemon.run_job("POST", "/2/instances", body)
    shown = daemon.ask("GET", "/2/instances/snf-1")
    guest = Guest(key, "127.0.0.1", shown["nic.ssh_ports"][0])
    guest.up()

    volume = f"{shown['disk.uuids'][0]}.ext.disk0"
    node.kill_server(volume)
    guest.run("dd if=/dev/urandom of=/root/data bs=64k count=64 && sync")
    before = guest.run("md5sum < /root/data")

    modify = "/2/instances/snf-1/modify"
    extra = {"size": 16, "name": "snf-vol-2", "provider": "archipelago"}
    daemon.run_job("PUT", modify, {"disks": [["add", -1, extra]], "hotplug_if_possible": True})
    wait_until(lambda: "16384 vd" in guest.run("cat /proc/partitions"), 10)
    gone = {"disks": [["remove", "snf-vol-2", {}]], "hotplug_if_possible": True}
    daemon.run_job("PUT", modify, gone)

    daemon.run_job("POST", "/2/instances/snf-1/reboot", {"type": "hard", "shutdown_timeout": 60})
    port = daemon.ask("GET", "/2/instances/snf-1")["nic.ssh_ports"][0]
    guest = Guest(key, "127.0.0.1", port)
    guest.up()
    assert guest.run("md5sum < /root/data") == before
    daemon.run_job("DELETE", "/2/instances/snf-1", {"shutdown_timeout": 0})
    assert node.run("vlmc", "showmapped").count(".ext.disk0") == 0
    assert node.run("vlmc", "list").count(".ext.disk0") == 0
