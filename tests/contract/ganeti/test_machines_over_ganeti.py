"""A real QEMU under a real Ganeti: its screen, a card plugged while it runs, its end."""

import socket

import msgspec
import pytest

from synnefo.cyclades.domain.instances import DiskSpec, NicSpec
from synnefo.cyclades.engines.ganeti import GanetiCluster, GanetiCompute, Habits
from synnefo.cyclades.engines.ganeti_networks import GanetiNetworks
from synnefo.cyclades.engines.networking import NetworkSpec
from synnefo.cyclades.engines.rapi import Rapi
from tests.contract.engines.engine_contract import bare, ended
from tests.support.ganeti import Cluster
from tests.support.ganeti_fixture import one_node, rapi

__all__ = ["one_node", "rapi"]

pytestmark = [pytest.mark.needs_ganeti, pytest.mark.needs_root, pytest.mark.needs_qemu]
NETWORK = NetworkSpec(name="kvm-net-1", subnet="10.9.1.0/24", gateway="10.9.1.1")


def test_a_machine_shows_its_screen_and_takes_a_card(rapi: Rapi, one_node: Cluster) -> None:
    extra = {"os": "tiny+default", "hvparams": {"kvm": {"serial_console": False}}}
    compute, networks = GanetiCompute(rapi, Habits(create_extra=extra)), GanetiNetworks(rapi)
    made = networks.create_network(NETWORK)
    wired = networks.connect_network(
        NETWORK.name, "default", mode="bridged", link="br0", after=(made,)
    )
    spec = msgspec.structs.replace(
        bare("kvm-1"),
        hypervisor="kvm",
        disk_template="file",
        disks=(DiskSpec(name="kvm-vol-1", size_mib=16),),
        after=(wired,),
    )
    job = ended(compute.job, compute.create(spec))
    assert job.status == "success", job
    point = GanetiCluster(rapi).vnc("kvm-1")
    assert point is not None
    assert point.host == one_node.nodes[0].fqdn
    with socket.create_connection((one_node.nodes[0].address, point.port), timeout=10) as line:
        assert line.recv(12).startswith(b"RFB 003.")
    card = NicSpec(name="kvm-nic-1", network=NETWORK.name, ip="10.9.1.5")
    plugged = ended(compute.job, compute.plug("kvm-1", card, hotplug=True))
    assert plugged.status == "success", plugged
    facts = compute.instance("kvm-1")
    assert facts is not None
    assert [(nic.name, nic.ip) for nic in facts.nics] == [("kvm-nic-1", "10.9.1.5")]
    assert "tap" in one_node.nodes[0].run("ip", "-br", "link", "show", "master", "br0").out
    assert ended(compute.job, compute.stop("kvm-1", timeout=0)).status == "success"
    assert GanetiCluster(rapi).vnc("kvm-1") is None
    assert ended(compute.job, compute.remove("kvm-1")).status == "success"
    off = networks.disconnect_network(NETWORK.name, "default")
    gone = ended(compute.job, networks.delete_network(NETWORK.name, after=(off,)))
    assert gone.status == "success"
