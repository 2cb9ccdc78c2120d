"""The provider's scripts and the commands, as other programs call them."""

import hashlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.archipelago.settings import load
from synnefo.archipelago.shelf import open_shelf
from tests.contract.archipelago.nbd_client import Client
from tests.e2e.archipelago.node import Node, a_node

pytestmark = pytest.mark.e2e
MIB = 1024 * 1024
VOLUME = "0a1b2c3d-0000-4000-8000-123456789abc.ext.disk0"


@pytest.fixture
def node() -> Iterator[Node]:
    with a_node() as node:
        yield node


def connected(node: Node, name: str = VOLUME) -> Client:
    client = Client(node.root / "run" / f"{name}.sock")
    assert client.go() == 1
    return client


def test_the_life_of_a_volume_in_the_order_of_ganeti(node: Node) -> None:
    assert node.script("create", VOLUME, VOL_SIZE="64").returncode == 0
    uri = node.attach(VOLUME)
    assert node.script("open", VOLUME, VOL_OPEN_EXCLUSIVE="True").returncode == 0
    assert node.script("setinfo", VOLUME, VOL_METADATA="originstname+snf-1").returncode == 0
    assert node.attach(VOLUME) == uri
    client = connected(node)
    assert client.size == 64 * MIB
    assert client.write(MIB, b"guest data") == 0
    assert node.script("snapshot", VOLUME, VOL_SNAPSHOT_NAME="snap-1").returncode == 0
    assert node.script("grow", VOLUME, VOL_SIZE="64", VOL_NEW_SIZE="128").returncode == 0
    refused = node.script("remove", VOLUME)
    assert refused.returncode == 1
    assert "mapped on device" in refused.stderr
    client.close()
    for _ in range(2):
        assert node.script("detach", VOLUME).returncode == 0
    assert "size: 134217728" in node.run("vlmc", "info", VOLUME)
    for _ in range(2):
        assert node.script("remove", VOLUME).returncode == 0
    created = node.script("create", VOLUME, VOL_SIZE="64", EXTP_ORIGIN="snap-1")
    assert created.returncode == 0, created.stderr
    node.attach(VOLUME)
    client = connected(node)
    assert client.read(MIB, 10) == b"guest data"
    client.close()


def test_what_is_wrong_is_said_on_the_error_stream(node: Node) -> None:
    for verb, environment, sentence in (
        ("create", {}, "VOL_SIZE is missing"),
        ("create", {"VOL_SIZE": "much"}, "no number"),
        ("create", {"VOL_SIZE": "1", "EXTP_ORIGIN": "no-such-image"}, "no-such-image"),
        ("attach", {}, "There is no volume"),
        ("grow", {"VOL_NEW_SIZE": "5"}, "There is no volume"),
        ("snapshot", {}, "VOL_SNAPSHOT_NAME is missing"),
        ("attach", {"VOL_NAME": ""}, "VOL_NAME is missing"),
    ):
        done = node.script(verb, environment.pop("VOL_NAME", VOLUME), **environment)
        assert done.returncode == 1
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr
    assert node.script("verify", VOLUME).returncode == 0


def test_an_image_published_beside_its_blocks_is_an_origin(node: Node) -> None:
    shelf = open_shelf(load(str(node.conf)))
    blocks = [shelf.blocks.put(os.urandom(1000)), shelf.blocks.put(b"second")]
    shelf.block_maps.put("image-1", blocks, 5 * MIB, store=shelf.blocks)
    made = node.script(
        "create", VOLUME, VOL_SIZE="16", EXTP_ORIGIN="image-1", EXTP_ORIGIN_SIZE=str(5 * MIB)
    )
    assert made.returncode == 0, made.stderr
    node.attach(VOLUME)
    client = connected(node)
    assert hashlib.sha256(client.read(0, 1000)).hexdigest() == blocks[0]
    assert client.read(4 * MIB, 8) == b"second\0\0"
    assert node.script("detach", VOLUME).returncode == 1
    client.close()


def test_a_killed_server_is_replaced_and_nothing_answered_is_lost(node: Node) -> None:
    node.script("create", VOLUME, VOL_SIZE="64")
    node.attach(VOLUME)
    for number in range(5):
        client = connected(node)
        assert client.write(number * 100_000, b"round %d" % number) == 0
        node.kill_server(VOLUME)
        client.close()
    client = connected(node)
    for number in range(5):
        assert client.read(number * 100_000, 7) == b"round %d" % number
    client.close()


def test_servers_outlive_their_supervisor_and_the_next_one_keeps_them(node: Node) -> None:
    node.script("create", VOLUME, VOL_SIZE="64")
    node.attach(VOLUME)
    client = connected(node)
    before = node.server_pid(VOLUME)
    os.kill(node.supervisor_pid(), signal.SIGKILL)
    assert client.write(0, b"alone") == 0
    node.run("archipelago", "start")
    assert node.server_pid(VOLUME) == before
    client.close()
    node.kill_server(VOLUME)
    client = connected(node)
    assert client.read(0, 5) == b"alone"
    client.close()
    assert VOLUME in node.run("archipelago", "status")


def test_a_volume_that_was_detached_is_not_served_again(node: Node) -> None:
    node.script("create", VOLUME, VOL_SIZE="64")
    node.attach(VOLUME)
    node.script("detach", VOLUME)
    node.run("archipelago", "restart")
    assert node.run("vlmc", "showmapped") == "No volumes mapped\n"
    assert not list((node.root / "run").glob("*.ctl"))


def test_the_commands_say_what_operators_know(node: Node) -> None:
    assert node.run("vlmc", "create", "volume-1", "-s", "8") == ""
    assert node.run("vlmc", "snapshot", "volume-1", "snap-1") == "Snapshot name: snap-1\n"
    assert node.run("vlmc", "create", "clone-1", "--snap", "snap-1", "-s", "16") == ""
    assert node.run("vlmc", "ls") == "clone-1\nsnap-1\nvolume-1\n"
    assert node.run("vlmc", "info", "clone-1") == "Volume clone-1: size: 16777216\n"
    assert "nbd+unix" in node.run("vlmc", "map", "clone-1")
    shown = node.run("vlmc", "showmapped")
    assert shown.startswith("id\timage\t\tdevice\n0\tclone-1\t")
    device = shown.split("\t")[-1].strip()
    assert "mapped on device" in node.run("vlmc", "rename", "clone-1", "clone-2", check=False)
    assert node.run("vlmc", "unmap", device) == ""
    assert node.run("vlmc", "rename", "clone-1", "clone-2") == "Renamed clone-1 to clone-2\n"
    assert node.run("vlmc", "resize", "clone-2", "-s", "32") == ""
    assert node.run("vlmc", "lock", "clone-2") == "Volume locked\n"
    assert node.run("vlmc", "unlock", "clone-2") == "Volume unlocked\n"
    assert "epoch: 1" in node.run("vlmc", "mapinfo", "clone-2")
    assert node.run("vlmc", "hash", "snap-1").startswith("Hash name: ")
    for name in ("clone-2", "snap-1", "volume-1"):
        assert node.run("vlmc", "remove", name) == ""
    assert node.run("archipelago", "gc") == "Removed 0 blocks, 0 B.\n"
    failed = node.run("vlmc", "create", "short", "-s", "1", check=False)
    assert failed == "vlmc creation failed: Name should have at least len 6\n"
    assert "At least one of the size/snap args" in node.run(
        "vlmc", "create", "volume-9", check=False
    )


def test_nothing_is_left_running_after_a_stop(node: Node) -> None:
    node.script("create", VOLUME, VOL_SIZE="64")
    node.attach(VOLUME)
    pid, supervisor = node.server_pid(VOLUME), node.supervisor_pid()
    assert "Mapped volumes exist" in node.run("archipelago", "stop", check=False)
    node.run("archipelago", "stop", "--force")
    deadline = time.monotonic() + 20
    for process in (pid, supervisor):
        while _is_alive(process) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not _is_alive(process)
    assert not list((node.root / "run").glob("*.sock"))


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
