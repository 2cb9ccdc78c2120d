"""Two nodes share blocks and volumes: one writes at a time, and the machine moves between."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from synnefo.archipelago import serving
from synnefo.archipelago.settings import load
from tests.contract.archipelago import nbd_client as nbd
from tests.contract.archipelago.nbd_client import Client
from tests.e2e.archipelago.node import Node, two_nodes

pytestmark = pytest.mark.e2e
MIB = 1024 * 1024
VOLUME = "0a1b2c3d-0000-4000-8000-123456789abc.ext.disk0"
Nodes = tuple[Node, Node]


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    with two_nodes() as nodes:
        done = nodes[0].script("create", VOLUME, VOL_SIZE="64")
        assert done.returncode == 0, done.stderr
        yield nodes


def connected(node: Node) -> Client:
    client = Client(node.root / "run" / f"{VOLUME}.sock")
    assert client.go() == 1
    return client


def does(node: Node, verb: str, **environment: str) -> None:
    done = node.script(verb, VOLUME, **environment)
    assert done.returncode == 0, done.stderr


def started(node: Node) -> Client:
    """Do what Ganeti does before it starts a machine."""
    node.attach(VOLUME)
    does(node, "open", VOL_OPEN_EXCLUSIVE="True")
    return connected(node)


def owner(node: Node) -> str:
    told = node.run("vlmc", "mapinfo", VOLUME)
    return next(line for line in told.splitlines() if line.startswith("locked by")).split()[-1]


def test_another_node_reads_but_its_write_waits_for_the_writer_to_close(nodes: Nodes) -> None:
    first, second = nodes
    client = started(first)
    assert client.write(0, b"from a") == 0
    second.attach(VOLUME)
    other = connected(second)
    assert other.read(0, 6) == b"from a"
    assert client.write(3, b"A!!") == 0
    assert client.write(40 * MIB, b"new block") == 0
    assert other.read(0, 6) == b"froA!!"
    assert other.read(40 * MIB, 9) == b"new block"
    written: list[int] = []
    writer = threading.Thread(target=lambda: written.append(other.write(0, b"from b")))
    writer.start()
    time.sleep(0.5)
    assert not written
    assert client.read(0, 6) == b"froA!!"
    refused = second.script("open", VOLUME, VOL_OPEN_EXCLUSIVE="True")
    assert refused.returncode == 1
    assert "locked by node-a" in refused.stderr
    client.close()
    does(first, "close")
    writer.join(20)
    assert written == [0]
    assert owner(second) == "node-b"
    assert other.read(0, 6) == b"from b"
    other.close()


def test_a_client_that_leaves_while_it_waits_is_forgotten(nodes: Nodes) -> None:
    first, second = nodes
    client = started(first)
    client.write(0, b"a")
    second.attach(VOLUME)
    other = connected(second)
    other.send(nbd.WRITE, 0, 1, b"b")
    time.sleep(0.2)
    other.socket.close()
    does(second, "detach")
    assert client.read(0, 1) == b"a"
    assert owner(first) == "node-a"
    client.close()


def test_a_machine_migrates_without_losing_a_write(nodes: Nodes) -> None:
    """The source writes to the last moment; the target's first write waits 0.5 s at most."""
    first, second = nodes
    source = started(first)
    for place in range(200):
        assert source.write(place * 300_000, b"%06d" % place) == 0
    second.attach(VOLUME)
    does(second, "close")
    for node in nodes:
        does(node, "open", VOL_OPEN_EXCLUSIVE="False")
    target = connected(second)
    assert target.read(0, 6) == b"000000"
    for place in range(200):
        assert source.write(place * 300_000 + 6, b"again %d" % place) == 0
    assert source.do(nbd.FLUSH) == 0
    begun = time.monotonic()
    assert target.write(0, b"moved!") == 0
    assert time.monotonic() - begun < 0.5
    for place in range(200):
        assert target.read(place * 300_000 + 6, 8) == (b"again %d" % place).ljust(8, b"\0")[:8]
    source.close()
    does(first, "close")
    does(second, "open", VOL_OPEN_EXCLUSIVE="True")
    first.attach(VOLUME)
    does(first, "detach")
    assert owner(second) == "node-b"
    assert target.read(0, 6) == b"moved!"
    target.close()


def place_of(number: int, turn: int) -> int:
    return (turn * 2 + number) * 100_000


def write_forty(number: int, client: Client, wrong: list[int]) -> None:
    for turn in range(40):
        code = client.write(place_of(number, turn), b"%d-%03d" % (number, turn))
        wrong.extend([code] if code else [])


def test_a_lease_that_wanders_between_two_writers_loses_nothing(nodes: Nodes) -> None:
    clients = []
    for node in nodes:
        node.attach(VOLUME)
        does(node, "open", VOL_OPEN_EXCLUSIVE="False")
        clients.append(connected(node))
    wrong: list[int] = []
    threads = [
        threading.Thread(target=write_forty, args=(number, client, wrong))
        for number, client in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    written = [(number, turn) for number in (0, 1) for turn in range(40)]
    for client in clients:
        for number, turn in written:
            assert client.read(place_of(number, turn), 5) == b"%d-%03d" % (number, turn)
        client.close()


def test_a_migration_that_is_called_off_leaves_the_source_the_writer(nodes: Nodes) -> None:
    first, second = nodes
    source = started(first)
    second.attach(VOLUME)
    for node in nodes:
        does(node, "open", VOL_OPEN_EXCLUSIVE="False")
    does(second, "close")
    does(first, "open", VOL_OPEN_EXCLUSIVE="True")
    assert source.write(0, b"still here") == 0
    does(second, "detach")
    assert owner(first) == "node-a"
    source.close()


def test_a_machine_fails_over_from_a_node_that_is_off_once_the_cluster_says_so(
    nodes: Nodes,
) -> None:
    first, second = nodes
    source = started(first)
    assert source.write(0, b"before the end") == 0
    assert source.do(nbd.FLUSH) == 0
    os.kill(first.supervisor_pid(), signal.SIGKILL)
    os.kill(first.server_pid(VOLUME), signal.SIGKILL)
    source.close()
    second.attach(VOLUME)
    refused = second.script("open", VOLUME, VOL_OPEN_EXCLUSIVE="True")
    assert "locked by node-a" in refused.stderr
    second.offline.write_text("node-x\nnode-a\n")
    client = started(second)
    assert client.read(0, 14) == b"before the end"
    assert client.write(0, b"after") == 0
    client.close()


def test_a_server_that_is_killed_in_the_middle_of_a_migration_comes_back(nodes: Nodes) -> None:
    first, second = nodes
    source = started(first)
    source.write(0, b"kept")
    second.attach(VOLUME)
    for node in nodes:
        does(node, "open", VOL_OPEN_EXCLUSIVE="False")
    first.kill_server(VOLUME)
    source.close()
    again = connected(first)
    assert again.read(0, 4) == b"kept"
    assert again.write(0, b"more") == 0
    again.close()
    does(first, "detach")
    target = connected(second)
    assert target.write(4, b"!") == 0
    assert target.read(0, 5) == b"more!"
    target.close()


def test_a_disk_that_is_kept_is_found_again_by_its_name(nodes: Nodes) -> None:
    first, second = nodes
    client = started(first)
    client.write(0, b"my data")
    client.close()
    does(first, "detach")
    kept = {"EXTP_REUSE_DATA": "keep", "VOL_CNAME": "snf-vol-7"}
    for _ in range(2):
        does(first, "remove", **kept)
    assert first.run("vlmc", "ls") == "snf-vol-7\n"
    other = "0a1b2c3d-0000-4000-8000-123456789abd.ext.disk1"
    taken = {"EXTP_REUSE_DATA": "True", "VOL_CNAME": "snf-vol-7", "VOL_SIZE": "128"}
    for _ in range(2):
        done = second.script("create", other, **taken)
        assert done.returncode == 0, done.stderr
    second.attach(other)
    client = Client(second.root / "run" / f"{other}.sock")
    assert client.go() == 1
    assert client.size == 128 * MIB
    assert client.read(0, 7) == b"my data"
    client.close()
    assert load(str(second.conf)).owner == "node-b"
    assert serving.served(load(str(second.conf))) == [other]
