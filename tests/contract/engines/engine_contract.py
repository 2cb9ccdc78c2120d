"""What Cyclades' engines expect of whatever speaks the RAPI; run over snf-solo and over Ganeti."""

import time
from collections.abc import Callable

import msgspec
import pytest

from synnefo.cyclades.domain.instances import (
    FINAL,
    DiskSpec,
    Guest,
    InstanceSpec,
    JobFacts,
    NicSpec,
)
from synnefo.cyclades.engines.compute import EngineUnreachable
from synnefo.cyclades.engines.ganeti import GanetiCluster, GanetiCompute, Habits
from synnefo.cyclades.engines.ganeti_networks import GanetiNetworks
from synnefo.cyclades.engines.networking import NetworkSpec
from synnefo.cyclades.engines.rapi import Address, Rapi

EXT = (DiskSpec(name="snf-vol-1", size_mib=1024, provider="archipelago", origin="map"),)
NETWORK = NetworkSpec(name="snf-net-1", subnet="10.9.0.0/24", gateway="10.9.0.1", tags=("public",))


def a_spec(name: str = "snf-1", after: tuple[int, ...] = ()) -> InstanceSpec:
    """Answer an instance without disks on the network of the contract."""
    return InstanceSpec(
        name=name,
        vcpus=1,
        memory_mib=64,
        disk_template="diskless",
        disks=(),
        nics=(NicSpec(name="snf-nic-1", network="snf-net-1", ip="10.9.0.5"),),
        guest=Guest(server_uuid="u", hostname="h", admin_pass="s3cret", ssh_keys=("k",)),
        hypervisor="fake",
        after=after,
    )


def bare(name: str) -> InstanceSpec:
    """Answer an instance without anything."""
    return msgspec.structs.replace(a_spec(name), nics=())


def ended(find: Callable[[int], JobFacts | None], job_id: int, seconds: float = 60) -> JobFacts:
    """Wait for the end of a job."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job = find(job_id)
        assert job is not None
        if job.status in FINAL:
            return job
        time.sleep(0.05)
    raise AssertionError(f"job {job_id} does not end")


class EngineContract:
    """Inherit, and give the fixtures `rapi`, `habits` and `disks` (a DiskSpec tuple)."""

    @pytest.fixture
    def habits(self) -> Habits:
        return Habits()

    @pytest.fixture
    def compute(self, rapi: Rapi, habits: Habits) -> GanetiCompute:
        return GanetiCompute(rapi, habits)

    def test_an_instance_is_made_on_its_network_changed_and_removed(
        self, rapi: Rapi, compute: GanetiCompute, template: str, disks: tuple[DiskSpec, ...]
    ) -> None:
        networks = GanetiNetworks(rapi)
        made = networks.create_network(NETWORK)
        (group,) = networks.groups()
        wired = networks.connect_network(
            "snf-net-1", group, mode="bridged", link="br0", after=(made,)
        )
        spec = msgspec.structs.replace(
            a_spec(after=(wired,)), disk_template=template, disks=disks, tags=("user:a",)
        )
        job = ended(compute.job, compute.create(spec))
        told = (job.status, job.opcode, job.instance)
        assert told == ("success", "OP_INSTANCE_CREATE", "snf-1"), job.reason
        facts = compute.instance("snf-1")
        assert facts is not None
        assert (facts.running, facts.vcpus, facts.memory_mib) == (True, 1, 64)
        assert facts.tags == ("user:a",)
        assert [(nic.name, nic.network, nic.ip) for nic in facts.nics] == [
            ("snf-nic-1", "snf-net-1", "10.9.0.5")
        ]
        assert [(disk.name, disk.size_mib) for disk in facts.disks] == [
            (disk.name, disk.size_mib) for disk in disks
        ]
        there = networks.network("snf-net-1")
        assert there is not None
        assert (there.subnet, there.groups, there.tags) == (NETWORK.subnet, (group,), ("public",))
        second = NicSpec(name="snf-nic-2", network="snf-net-1", ip="10.9.0.6")
        for change in (
            lambda: compute.plug("snf-1", second, hotplug=True),
            lambda: compute.unplug("snf-1", "snf-nic-2", hotplug=True),
            lambda: compute.stop("snf-1", timeout=0),
            lambda: compute.resize("snf-1", vcpus=2, memory_mib=128),
            lambda: compute.start("snf-1"),
            lambda: compute.start("snf-1"),
            lambda: compute.reboot("snf-1", hard=True),
        ):
            done = ended(compute.job, change())
            assert done.status == "success", done
        facts = compute.instance("snf-1")
        assert facts is not None
        assert (facts.running, facts.vcpus, facts.memory_mib) == (True, 2, 128)
        gone = compute.stop("snf-1", timeout=0)
        assert ended(compute.job, compute.remove("snf-1", after=gone)).status == "success"
        assert compute.instance("snf-1") is None
        assert "snf-1" not in {one.name for one in compute.instances()}
        off = networks.disconnect_network("snf-net-1", group)
        removed = ended(compute.job, networks.delete_network("snf-net-1", after=(off,)))
        assert removed.status == "success", removed
        assert networks.network("snf-net-1") is None
        assert "snf-net-1" not in {one.name for one in networks.networks()}

    def test_a_repeated_creation_answers_the_same_job(self, compute: GanetiCompute) -> None:
        spec = bare("snf-2")
        first = compute.create(spec)
        assert compute.create(spec, again=True) == first
        ended(compute.job, first)
        assert compute.create(spec, again=True) == first
        ended(compute.job, compute.remove("snf-2"))

    def test_a_failed_creation_says_why(self, compute: GanetiCompute) -> None:
        job = ended(compute.job, compute.create(a_spec("snf-3")))
        assert (job.status, job.code) == ("error", "unknown_entity")
        assert "snf-net-1" in job.reason

    def test_removing_what_is_not_there_says_so(self, compute: GanetiCompute) -> None:
        job = ended(compute.job, compute.remove("snf-4"))
        assert (job.status, job.code) == ("error", "unknown_entity")

    def test_unknown_instances_jobs_and_networks_are_none(
        self, rapi: Rapi, compute: GanetiCompute
    ) -> None:
        assert compute.instance("snf-5") is None
        assert compute.job(999_999) is None
        assert compute.job(0) is None
        assert GanetiNetworks(rapi).network("snf-net-5") is None
        assert GanetiCluster(rapi).vnc("snf-5") is None
        assert GanetiCluster(rapi).console_log("snf-5", length=100) == b""

    def test_the_cluster_tells_its_room(self, rapi: Rapi, cluster_name: str) -> None:
        cluster = GanetiCluster(rapi)
        facts = cluster.facts()
        assert facts.name == cluster_name
        assert "ext" in facts.disk_templates
        assert 0 < facts.mfree <= facts.mtotal
        assert facts.ctotal > 0
        cluster.check_write_access()

    def test_wrong_credentials_are_worth_another_try(self, rapi: Rapi, url: str) -> None:
        stranger = Rapi(Address(name="here", url=url, username="synnefo", password="wrong"))
        with pytest.raises(EngineUnreachable, match="here refuses our credentials"):
            GanetiCluster(stranger).facts()
        stranger.close()
