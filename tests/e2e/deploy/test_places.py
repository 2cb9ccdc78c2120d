"""Disks that images are written to, and the scripts beside `create`."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.node import config_drive
from synnefo.node.image_deploy import copying, deployment, targets
from synnefo.node.image_deploy.failures import DeployFailed
from synnefo.node.image_deploy.helper.rules import Card, Gift
from synnefo.node.image_deploy.install import write_definition
from synnefo.node.image_deploy.monitor import Monitor
from synnefo.node.image_deploy.orders import Disk, Order
from synnefo.node.image_deploy.settings import ImageSettings
from synnefo.node.image_deploy.sources import Source
from tests.e2e.guest.machine import eventually

pytestmark = [pytest.mark.needs_qemu, pytest.mark.e2e]

SETTINGS = ImageSettings()
SIZE = 8 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk"
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


@pytest.fixture
def socket(disk: Path) -> Iterator[Path]:
    """The disk behind a server of QEMU's."""
    path = disk.parent / "s"
    words = ["qemu-nbd", "-t", "-f", "raw", "-x", "vol", "-k", str(path), str(disk)]
    process = subprocess.Popen(words)
    eventually(path.exists)
    yield path
    process.terminate()
    process.wait()


def copied(place: str, data: bytes) -> None:
    with targets.opened(place, SETTINGS) as target:
        assert target.size == SIZE
        copying.copy(Source(len(data), iter([data])), target, "diskdump", Monitor(None))


@pytest.mark.parametrize("form", ["nbd+unix:///vol?socket={}", "nbd:unix:{}:exportname=vol"])
def test_an_image_is_written_through_a_server(disk: Path, socket: Path, form: str) -> None:
    data = b"image" * 300_000
    copied(form.format(socket), data)
    assert disk.read_bytes()[: len(data) + 4] == data + bytes(4)


def test_a_disk_that_is_not_there_is_named(disk: Path, socket: Path) -> None:
    for place in (f"nbd+unix:///other?socket={socket}", f"nbd:unix:{disk}.none"):
        with pytest.raises((DeployFailed, OSError)):
            copied(place, b"x")


def test_a_disk_for_it_becomes_a_config_drive(disk: Path) -> None:
    order = Order(
        instance="snf-1",
        uuid="u-1",
        hostname="web",
        image="null",
        image_format="diskdump",
        properties={"EXCLUDE_ALL_TASKS": "yes"},
        keys="ssh-ed25519 AAAA me",
        gifts=(Gift("/a", "aGVsbG8="),),
        disks=(Disk("/nowhere"), Disk(str(disk), "config-drive")),
        cards=(Card(0, "aa:00:00:00:00:01", ip="10.0.0.2", subnet="10.0.0.0/24"),),
    )
    deployment.deploy(order, SETTINGS, Monitor(None))
    found = config_drive.read(disk)
    assert b'"hostname":"web"' in found["openstack/latest/meta_data.json"]
    assert found["openstack/content/0000"] == b"hello"
    assert b"10.0.0.2" in found["openstack/latest/network_data.json"]


def test_disks_are_exported_and_imported(disk: Path, tmp_path: Path) -> None:
    write_definition(tmp_path / "os")
    disk.write_bytes(b"here" * (SIZE // 4))
    out = subprocess.run(
        [tmp_path / "os" / "export"], env={"EXPORT_DEVICE": str(disk)}, capture_output=True,
        check=True,
    ).stdout  # fmt: skip
    assert out == disk.read_bytes()
    disk.write_bytes(bytes(SIZE))
    done = subprocess.run(
        [tmp_path / "os" / "import"], env={"IMPORT_DEVICE": str(disk)}, input=out, check=True
    )
    assert done.returncode == 0
    assert disk.read_bytes() == out
    for script in ("rename", "verify", "export", "import", "create"):
        done = subprocess.run([tmp_path / "os" / script], env={}, capture_output=True, check=False)
        assert done.returncode == (0 if script == "rename" else 1)
        assert b"Traceback" not in done.stderr
