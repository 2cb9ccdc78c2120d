"""Clusters come, go, and are lost."""

import time

import pytest

from tests.e2e.faults.clouds import wait_for
from tests.e2e.ganeti.ganeti_cloud import Stage
from tests.support.ganeti import PASSWORD, USER, Cluster

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_ganeti,
    pytest.mark.needs_root,
    pytest.mark.needs_rabbitmq,
    pytest.mark.needs_postgres,
]


def test_a_lost_cluster_leaves_the_others_alone(
    stage: Stage, one_node: Cluster, three_nodes: Cluster
) -> None:
    stage.only(one_node)
    there = stage.create("there")
    stage.wait_for(there, "ACTIVE")
    stage.only(one_node, three_nodes)
    one_node.nodes[0].power_off()
    stage.wait_swept(there, "UNKNOWN")
    began = time.monotonic()
    assert len(stage.user.servers()) == 1
    assert time.monotonic() - began < 2
    here = stage.create("here")
    stage.wait_for(here, "ACTIVE")
    assert f"{stage.prefix}-{here}" in stage.instances(three_nodes)
    assert stage.backend(one_node)["vms"] == 1
    one_node.nodes[0].power_on()
    stage.start_eventd(one_node.nodes[0])
    stage.wait_swept(there, "ACTIVE", "SHUTOFF", "ERROR")


def test_a_cluster_is_checked_before_it_is_taken(stage: Stage, one_node: Cluster) -> None:
    place = ("--address", one_node.url, "--user", USER)
    wrong = stage.cloud.manage(
        "backend-add", "--clustername", "other.test", *place, "--pass", PASSWORD
    )
    assert f"calls itself {one_node.fqdn}" in wrong.stderr
    locked = stage.cloud.manage(
        "backend-add", "--clustername", "other.test", *place, "--pass", "wrong"
    )
    assert "refuses our credentials" in locked.stderr
    names = [row["clustername"] for row in stage.asked("backend-list")]
    assert "other.test" not in names


def test_a_cluster_goes_when_it_is_empty_and_comes_back_drained(
    stage: Stage, one_node: Cluster
) -> None:
    stage.only(one_node)
    server = stage.create("last")
    stage.wait_for(server, "ACTIVE")
    kept = stage.cloud.manage("backend-remove", one_node.fqdn, "-f")
    assert "still has servers" in kept.stderr
    stage.clear()
    stage.manage("backend-remove", one_node.fqdn, "-f")
    assert one_node.fqdn not in [row["clustername"] for row in stage.asked("backend-list")]
    networks = ("gnt-network", "list", "--no-headers", "-o", "name")
    wait_for(
        lambda: stage.prefix not in one_node.master.run(*networks).out,
        lambda: one_node.master.run(*networks).out,
    )
    place = ("--clustername", one_node.fqdn, "--address", one_node.url)
    stage.manage("backend-add", *place, "--user", USER, "--pass", PASSWORD)
    assert stage.backend(one_node)["drained"] is True
    wait_for(
        lambda: stage.prefix in one_node.master.run(*networks).out,
        lambda: one_node.master.run(*networks).out,
    )
    stage.modify(one_node, "--hypervisor", "fake", "--drained", "False")


def test_what_the_cluster_offers_is_heard_of(stage: Stage, one_node: Cluster) -> None:
    assert "sharedfile" in stage.backend(one_node)["disk_templates"]
    offer(one_node, "diskless,file,ext")
    try:
        wait_for(
            lambda: "sharedfile" not in stage.backend(one_node)["disk_templates"],
            lambda: stage.backend(one_node),
            within=30,
        )
    finally:
        offer(one_node, "diskless,file,sharedfile,ext")
    stage.manage("backend-update-status", "--backend-id", one_node.fqdn)
    assert "sharedfile" in stage.backend(one_node)["disk_templates"]


def offer(cluster: Cluster, templates: str) -> None:
    """Let a cluster have these disk templates; its policy may allow no others."""
    words = [f"--{of}-disk-templates={templates}" for of in ("enabled", "ipolicy")]
    cluster.master.run("gnt-cluster", "modify", *words)


def test_a_project_is_served_by_its_own_cluster(
    stage: Stage, one_node: Cluster, three_nodes: Cluster
) -> None:
    project = stage.user.project
    stage.manage("project-backend-add", "--project", project, "--backend", one_node.fqdn)
    for _ in range(2):
        stage.create("mine")
    stage.all_active(2)
    assert len(stage.instances(one_node)) == 2
    assert stage.instances(three_nodes) == {}
    stage.manage("project-backend-remove", "--project", project, "--backend", one_node.fqdn)
