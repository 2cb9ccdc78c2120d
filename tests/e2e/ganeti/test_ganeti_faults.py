"""What is hurt on the way to Ganeti and back, and how all is well afterwards.

The fixture `stage` looks at the books after each test: quota equals what there is, nothing is
stuck, no instance is left behind.
"""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.e2e.faults.clouds import daemon, kill, wait_for
from tests.e2e.ganeti.ganeti_cloud import Stage
from tests.support.ganeti import Cluster

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_ganeti,
    pytest.mark.needs_root,
    pytest.mark.needs_rabbitmq,
    pytest.mark.needs_postgres,
]

MANY = 6
"""Servers made at once on one cluster: Ganeti takes about a second for each."""


def test_a_broker_is_killed_and_restarted_during_many_creations(
    stage: Stage, one_node: Cluster
) -> None:
    stage.only(one_node)
    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(stage.create_many, MANY)
        for number in (0, 1):
            time.sleep(2)
            stage.kill_broker(number)
            time.sleep(1)
            stage.start_broker(number)
        making.result(60)
    stage.all_active(MANY)


def test_both_brokers_are_gone_for_a_while(stage: Stage, one_node: Cluster) -> None:
    stage.only(one_node)
    for number in (0, 1):
        stage.kill_broker(number)
    made = stage.create_many(3)
    time.sleep(6)
    assert {one["status"] for one in stage.user.servers()} <= {"BUILD", "ACTIVE"}
    stage.start_broker(0, 1)
    stage.all_active(len(made))


def test_a_cluster_refuses_for_a_while(stage: Stage, one_node: Cluster) -> None:
    stage.only(one_node)
    master = one_node.master
    master.stop_daemon("ganeti-rapi")
    server = stage.create("patient")
    time.sleep(3)
    assert stage.user.server(server)["status"] == "BUILD"
    master.start_daemon("ganeti-rapi")
    stage.wait_for(server, "ACTIVE", within=90)


def test_a_drained_queue_is_waited_for(stage: Stage, one_node: Cluster) -> None:
    stage.only(one_node)
    master = one_node.master
    master.run("gnt-cluster", "queue", "drain")
    server = stage.create("patient")
    time.sleep(2)
    master.run("gnt-cluster", "queue", "undrain")
    stage.wait_for(server, "ACTIVE", within=90)


def test_a_canceled_job_is_told_to_the_owner(stage: Stage, one_node: Cluster) -> None:
    stage.only(one_node)
    server = stage.create("stopped")
    stage.wait_for(server, "ACTIVE")
    name = f"{stage.prefix}-{server}"
    listing = ("gnt-job", "list", "--no-headers", "-o", "id,summary")
    found: list[str] = []

    def is_queued() -> bool:
        jobs = [line.split() for line in one_node.master.run(*listing).out.splitlines()]
        found[:] = [job for job, summary in jobs if summary == f"INSTANCE_SHUTDOWN({name})"]
        return bool(found)

    with held_back(one_node, "OP_INSTANCE_SHUTDOWN"):
        stage.act(server, {"os-stop": None})
        wait_for(is_queued, lambda: stage.user.server(server), within=30)
        assert stage.user.server(server)["OS-EXT-STS:task_state"]
        one_node.master.run("gnt-job", "cancel", found[0])
    stage.wait_for(server, "ACTIVE", within=40)
    assert stage.instances(one_node)[name]["oper_state"]
    actions = stage.user.compute("GET", f"/servers/{server}/os-instance-actions")
    told = [one["message"] for one in actions["instanceActions"] if one["action"] == "stop"]
    assert told == ["Error"]


@contextmanager
def held_back(cluster: Cluster, opcode: str) -> Iterator[None]:
    """Keep new jobs of one kind in a cluster's queue, by a filter as an operator sets it."""
    rule = ("--predicates", json.dumps([["opcode", ["=", "OP_ID", opcode]]]), "--action=PAUSE")
    made = cluster.master.run("gnt-filter", "add", *rule).out.strip()
    try:
        yield
    finally:
        cluster.master.run("gnt-filter", "delete", made)


def test_the_sweeps_catch_up_when_nobody_tells(stage: Stage, one_node: Cluster) -> None:
    stage.only(one_node)
    stage.stop_eventd(one_node.nodes[0], "KILL")
    server = stage.create("unheard")
    stage.wait_swept(server, "ACTIVE", within=120)
    stage.start_eventd(one_node.nodes[0])


def test_a_watcher_that_comes_back_tells_what_it_missed(stage: Stage, one_node: Cluster) -> None:
    stage.only(one_node)
    stage.stop_eventd(one_node.nodes[0], "KILL")
    server = stage.create("late")
    name = f"{stage.prefix}-{server}"
    wait_for(lambda: name in stage.instances(one_node), lambda: name)
    time.sleep(1)
    began = time.monotonic()
    stage.start_eventd(one_node.nodes[0])
    stage.wait_for(server, "ACTIVE", within=15)
    assert time.monotonic() - began < 15


def test_a_killed_dispatcher_loses_nothing(stage: Stage, one_node: Cluster) -> None:
    stage.only(one_node)
    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(stage.create_many, MANY)
        for _ in range(3):
            time.sleep(2)
            kill([daemon(stage.cloud, "dispatcher")])
        making.result(60)
    stage.all_active(MANY)


def test_what_no_flavor_fits_waits_among_the_dead_letters(stage: Stage, one_node: Cluster) -> None:
    stage.only(one_node)
    server = stage.create("odd")
    stage.wait_for(server, "ACTIVE")
    name = f"{stage.prefix}-{server}"
    master = one_node.master
    master.run("gnt-instance", "modify", "-B", "vcpus=3", name)
    dead = f"{stage.prefix}-events-op-dl"
    wait_for(
        lambda: name in stage.manage("queue-inspect", dead),
        lambda: stage.manage("queue-inspect", dead),
        within=30,
    )
    kinds = stage.asked("volume-type-list")
    kind = next(row["id"] for row in kinds if row["disk_template"] == "file")
    stage.manage("flavor-create", "3", "128", "1", str(kind))
    stage.manage("queue-retry")
    wait_for(
        lambda: stage.user.quota("cyclades.cpu")["usage"] == 3,
        lambda: stage.user.quota("cyclades.cpu"),
        within=60,
    )


def test_two_administrators_give_contrary_commands(stage: Stage, one_node: Cluster) -> None:
    stage.only(one_node)
    server = stage.create("torn")
    stage.wait_for(server, "ACTIVE")
    name = f"{stage.prefix}-{server}"
    master = one_node.master

    def of_ganeti() -> None:
        master.run("gnt-instance", "shutdown", "--timeout=0", name, check=False)
        master.run("gnt-instance", "startup", name, check=False)

    def of_cyclades() -> None:
        stage.act(server, {"os-stop": None})
        stage.wait_for(server, "ACTIVE", "SHUTOFF")
        stage.act(server, {"os-start": None})

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(of_ganeti), pool.submit(of_cyclades)]:
            done.result(90)

    def agree() -> bool:
        shown = stage.user.server(server)
        runs = bool(stage.instances(one_node)[name]["oper_state"])
        idle = not shown["OS-EXT-STS:task_state"]
        return idle and (shown["status"] == "ACTIVE") is runs

    wait_for(agree, lambda: (stage.user.server(server), stage.instances(one_node)), within=60)


def test_the_master_dies_in_the_middle_of_a_job(stage: Stage, three_nodes: Cluster) -> None:
    stage.only(three_nodes)
    old = three_nodes.master
    server = stage.create("orphan")
    name = f"{stage.prefix}-{server}"
    wait_for(
        lambda: f"CREATE({name})" in old.run("gnt-job", "list", "--running", check=False).out,
        lambda: name,
        within=30,
    )
    old.power_off()
    heir = next(node for node in three_nodes.nodes if node.is_on)
    heir.run("gnt-cluster", "master-failover", timeout=120)
    # What an operator does: a job that died with its master is found dead after minutes only.
    left = heir.run("gnt-job", "list", "--running", "--no-headers", "-o", "id").out.split()
    for job in left:
        heir.run("gnt-job", "cancel", "--kill", "--yes-do-it", job, check=False)
    shown = stage.wait_for(server, "ACTIVE", "ERROR", within=150)
    second = stage.create("next")
    if shown["status"] == "ERROR":
        stage.user.compute("DELETE", f"/servers/{server}")
    stage.wait_for(second, "ACTIVE", "ERROR", within=90)
    old.power_on()
    heir.run("gnt-cluster", "redist-conf", check=False)
    stage.start_eventd(old)


def test_a_node_without_power_makes_its_servers_errors(stage: Stage, three_nodes: Cluster) -> None:
    stage.only(three_nodes)
    made = stage.create_many(3)
    stage.all_active(3)
    master = three_nodes.master
    where = {name: one["pnode"] for name, one in stage.instances(three_nodes).items()}
    lost = next((n for n in three_nodes.nodes if n.fqdn in where.values() and n != master), None)
    if lost is None:
        pytest.fail(f"all on the master: {where}")
    hit = {name for name, node in where.items() if node == lost.fqdn}
    lost.power_off()
    numbers = {f"{stage.prefix}-{one}": one for one in made}
    for name in hit:
        found = stage.wait_swept(numbers[name], "ERROR", within=120)
        assert "does not answer" in found["fault"]["message"]
    lost.power_on()
    stage.start_eventd(lost)
    for name in hit:
        stage.wait_swept(numbers[name], "SHUTOFF", "ACTIVE", within=120)
