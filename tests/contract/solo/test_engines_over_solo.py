"""Cyclades' production engines, spoken to by a real `snf-solo` with the hypervisor `fake`."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synnefo.cyclades.domain.instances import (
    FINAL,
    DiskSpec,
    Guest,
    InstanceSpec,
    JobFacts,
    NicSpec,
)
from synnefo.cyclades.engines.compute import EngineRefused, EngineUnreachable
from synnefo.cyclades.engines.ganeti import GanetiCluster, GanetiCompute, Habits
from synnefo.cyclades.engines.ganeti_networks import GanetiNetworks
from synnefo.cyclades.engines.networking import NetworkSpec
from synnefo.cyclades.engines.rapi import Address, Rapi
from tests.e2e.solo.solo_daemon import Daemon


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    running = Daemon(tmp_path, "--hypervisors", "fake")
    running.start()
    yield running
    running.clean_up()


@pytest.fixture
def rapi(daemon: Daemon) -> Iterator[Rapi]:
    access = json.loads((daemon.home / "access.json").read_text())
    password = Path(access["password_file"]).read_text().strip()
    address = Address(name="solo", url=access["url"], username=access["user"], password=password)
    client = Rapi(address)
    yield client
    client.close()


def a_spec(name: str = "snf-1", after: tuple[int, ...] = ()) -> InstanceSpec:
    return InstanceSpec(
        name=name,
        vcpus=1,
        memory_mib=64,
        disk_template="ext",
        disks=(DiskSpec(name="snf-vol-1", size_mib=1024, provider="archipelago", origin="map"),),
        nics=(NicSpec(name="snf-nic-1", network="snf-net-1", ip="10.9.0.5"),),
        guest=Guest(server_uuid="u", hostname="h", admin_pass="s3cret", ssh_keys=("k",)),
        hypervisor="fake",
        after=after,
    )


def ended(find: Callable[[int], JobFacts | None], job_id: int) -> JobFacts:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        job = find(job_id)
        assert job is not None
        if job.status in FINAL:
            return job
        time.sleep(0.02)
    raise AssertionError(f"job {job_id} does not end")


def test_an_instance_is_made_on_its_network_changed_and_removed(rapi: Rapi) -> None:
    networks, compute = GanetiNetworks(rapi), GanetiCompute(rapi, Habits())
    spec = NetworkSpec(
        name="snf-net-1", subnet="10.9.0.0/24", gateway="10.9.0.1", tags=("public",)
    )
    made = networks.create_network(spec)
    (group,) = networks.groups()
    wired = networks.connect_network("snf-net-1", group, mode="bridged", link="br0", after=(made,))
    job = ended(compute.job, compute.create(a_spec(after=(wired,))))
    assert (job.status, job.opcode, job.instance) == ("success", "OP_INSTANCE_CREATE", "snf-1")
    facts = compute.instance("snf-1")
    assert facts is not None
    assert (facts.running, facts.vcpus, facts.memory_mib) == (True, 1, 64)
    assert [(nic.name, nic.network, nic.ip) for nic in facts.nics] == [
        ("snf-nic-1", "snf-net-1", "10.9.0.5")
    ]
    assert [(disk.name, disk.size_mib) for disk in facts.disks] == [("snf-vol-1", 1024)]
    second = NicSpec(name="snf-nic-2", network="snf-net-1", ip="10.9.0.6")
    for change in (
        compute.plug("snf-1", second, hotplug=True),
        compute.unplug("snf-1", "snf-nic-2", hotplug=True),
        compute.stop("snf-1", timeout=0),
        compute.resize("snf-1", vcpus=2, memory_mib=128),
        compute.start("snf-1"),
        compute.reboot("snf-1", hard=True),
        compute.remove("snf-1"),
    ):
        assert ended(compute.job, change).status == "success"
    assert compute.instance("snf-1") is None
    assert compute.instances() == []
    off = networks.disconnect_network("snf-net-1", group)
    assert (
        ended(compute.job, networks.delete_network("snf-net-1", after=(off,))).status == "success"
    )
    assert networks.network("snf-net-1") is None


def test_a_repeated_creation_answers_the_same_job(rapi: Rapi) -> None:
    compute = GanetiCompute(rapi, Habits())
    spec = InstanceSpec(
        name="snf-2",
        vcpus=1,
        memory_mib=64,
        disk_template="diskless",
        disks=(),
        guest=Guest(server_uuid="u", hostname="h"),
        hypervisor="fake",
    )
    first = compute.create(spec)
    assert compute.create(spec, again=True) == first
    ended(compute.job, first)
    assert compute.create(spec, again=True) == first


def test_a_failed_creation_says_why(rapi: Rapi) -> None:
    compute = GanetiCompute(rapi, Habits())
    job = ended(compute.job, compute.create(a_spec()))
    assert (job.status, job.code) == ("error", "unknown_entity")
    assert "snf-net-1" in job.reason


def test_the_cluster_tells_its_room_and_refuses_strangers(rapi: Rapi, daemon: Daemon) -> None:
    cluster = GanetiCluster(rapi)
    facts = cluster.facts()
    assert facts.name == "solo"
    assert "ext" in facts.disk_templates
    assert 0 < facts.mfree <= facts.mtotal
    cluster.check_write_access()
    assert cluster.console_log("snf-9", length=100) == b""
    url = json.loads((daemon.home / "access.json").read_text())["url"]
    stranger = Rapi(Address(name="solo", url=url, username="synnefo", password="wrong"))
    with pytest.raises(EngineRefused):
        GanetiCluster(stranger).facts()
    stranger.close()
    daemon.stop()
    with pytest.raises(EngineUnreachable):
        cluster.facts()
