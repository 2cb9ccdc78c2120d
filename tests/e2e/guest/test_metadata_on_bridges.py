"""The metadata service on two bridges of one namespace whose guests have equal addresses."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.node import config_drive
from synnefo.node.guest_config import GuestConfig
from synnefo.node.solo.metadata_points import MetadataPoints

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_linux_net, pytest.mark.e2e]

ADDRESS = "10.99.0.5"


def run(command: str) -> str:
    return subprocess.run(command.split(), check=True, capture_output=True, text=True).stdout


@pytest.fixture
def cloud() -> Iterator[str]:
    """Make a namespace with two bridges, and behind each a guest with the same address."""
    name = f"snf-md-{os.getpid()}"
    run(f"ip netns add {name}")
    for bridge in ("br1", "br2"):
        guest = f"{name}-{bridge}"
        run(f"ip netns add {guest}")
        run(f"ip -n {name} link add {bridge} type bridge")
        run(f"ip -n {name} link set {bridge} up")
        run(f"ip -n {name} address add 169.254.169.254/32 dev {bridge}")
        run(f"ip -n {name} link add t{bridge} type veth peer name eth0 netns {guest}")
        run(f"ip -n {name} link set t{bridge} master {bridge} up")
        run(f"ip -n {guest} address add {ADDRESS}/24 dev eth0")
        run(f"ip -n {guest} link set eth0 up")
        run(f"ip -n {guest} route add 169.254.169.254/32 dev eth0")
    yield name
    for one in (f"{name}-br1", f"{name}-br2", name):
        run(f"ip netns delete {one}")


def bind(folder: Path, instance: str, bridge: str) -> None:
    binding = {"instance": instance, "ip": ADDRESS, "bridge": bridge}
    (folder / "bindings" / f"{instance}.json").write_text(json.dumps(binding))
    (folder / "vm" / instance).mkdir()
    config = GuestConfig(server_uuid=instance, hostname=instance)
    config_drive.write(config, folder / "vm" / instance / "config.iso")


def test_each_guest_reads_about_itself(cloud: str, tmp_path: Path) -> None:
    (tmp_path / "bindings").mkdir()
    (tmp_path / "vm").mkdir()
    bind(tmp_path, "one", "br1")
    bind(tmp_path, "two", "br2")
    points = MetadataPoints(cloud, bindings=tmp_path / "bindings", instances=tmp_path / "vm")
    for bridge in ("br1", "br2"):
        points.open(bridge)
    try:
        url = "http://169.254.169.254/latest/meta-data/hostname"
        for bridge, name in (("br1", "one"), ("br2", "two")):
            enter = f"ip netns exec {cloud}-{bridge}"
            assert run(f"{enter} timeout 10 busybox wget -q -O - {url}") == name
    finally:
        points.close_all()
