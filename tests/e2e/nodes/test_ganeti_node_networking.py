"""Ganeti calls the interface scripts: at start, hotplug, changes, live migration and removal."""

import sys
from collections.abc import Iterator

import pytest

from tests.support.ganeti import Cluster, Node
from tests.support.ganeti_fixture import three_nodes
from tests.support.wires import wait

__all__ = ["three_nodes"]
pytestmark = [pytest.mark.e2e, pytest.mark.needs_ganeti, pytest.mark.needs_root]

CONF = "/etc/ganeti/net-test.conf"
STATE, BINDINGS = "/var/lib/net-test/state", "/var/lib/net-test/bindings"
LOG = "/var/log/net-test.log"
NAME, NETWORK = "net-guard", "net-guarded"
HOOKS = ("migrate", "modify", "stop", "remove")
_CALL = """#!/bin/sh
export GNT_NETWORKING_CONF={conf}
exec {python} -c 'from synnefo.node.networking import programs; programs.{program}()' "$@"
"""


def script(program: str) -> str:
    return _CALL.format(conf=CONF, python=sys.executable, program=program)


@pytest.fixture
def cluster(three_nodes: Cluster) -> Iterator[Cluster]:
    """Install the scripts, and take them and everything made with them away again."""
    settings = f"STATE_DIR={STATE}\nNFDHCPD_STATE_DIR={BINDINGS}\nLOGFILE={LOG}\n"
    three_nodes.put(CONF, settings)
    three_nodes.put("/etc/ganeti/kvm-vif-bridge", script("ifup"), mode=0o755)
    for hook in HOOKS:
        path = f"/etc/ganeti/hooks/instance-{hook}-post.d"
        for node in three_nodes.nodes:
            node.run("mkdir", "-p", path)
        three_nodes.put(f"{path}/10-net-test", script("hook"), mode=0o755)
    yield three_nodes
    master = three_nodes.master
    master.run("gnt-instance", "remove", "-f", "--shutdown-timeout=0", NAME, check=False)
    master.run("gnt-network", "disconnect", NETWORK, check=False)
    master.run("gnt-network", "remove", NETWORK, check=False)
    for node in three_nodes.nodes:
        hooks = [f"/etc/ganeti/hooks/instance-{hook}-post.d/10-net-test" for hook in HOOKS]
        node.run("rm", "-rf", "/etc/ganeti/kvm-vif-bridge", CONF, "/var/lib/net-test", LOG, *hooks)
        for family in ("bridge", "inet", "arp"):
            node.run("nft", "delete", "table", family, "snf_net", check=False)


def bindings(node: Node) -> list[str]:
    """Answer what guests of a node are told, one text for each card."""
    found = node.run("sh", "-c", f"cat {BINDINGS}/* 2>/dev/null || true").out
    return [f"INDEV={part}" for part in found.split("INDEV=")[1:]]


def rules(node: Node) -> str:
    return node.run("nft", "list", "ruleset", check=False).out


def test_cards_are_guarded_wherever_their_machine_goes(cluster: Cluster) -> None:
    master, (one, two) = cluster.master, cluster.nodes[:2]
    master.run(
        *("gnt-network", "add", "--network=192.168.77.0/24", "--gateway=192.168.77.1"),
        *("--mac-prefix=aa:00:71", "--tags=private-filtered,nfdhcpd", NETWORK),
    )
    master.run("gnt-network", "connect", "--nic-parameters=mode=bridged,link=br0", NETWORK)
    master.run(
        *("gnt-instance", "add", "-t", "sharedfile", "--disk=0:size=64", "--no-install"),
        *("-o", "tiny+default", "-B", "memory=64,vcpus=1", "-n", one.fqdn),
        *("--net=0:network=" + NETWORK + ",ip=192.168.77.5,name=snf-nic-1",),
        *("--no-name-check", "--no-ip-check", "-H", "kvm", NAME),
        timeout=180,
    )
    assert bindings(one) == []
    master.run("gnt-instance", "startup", NAME, timeout=120)
    (told,) = bindings(one)
    assert "IP=192.168.77.5\n" in told
    assert f"HOSTNAME={NAME}\n" in told
    assert "ether saddr & ff:ff:f0:00:00:00 != aa:00:70:00:00:00 drop" in rules(one)

    master.run("gnt-instance", "add-tags", NAME, "synnefo:network:snf-nic-1:protected")
    card = f"--net=add:network={NETWORK},ip=192.168.77.6,name=snf-nic-2"
    master.run("gnt-instance", "modify", "--hotplug", card, NAME, timeout=120)
    assert len(bindings(one)) == 2
    wait(lambda: "flags" in rules(one), seconds=30)

    master.run("gnt-instance", "migrate", "-f", "-n", two.fqdn, NAME, timeout=180)
    assert len(bindings(two)) == 2
    assert "aa:00:70:00:00:00" in rules(two)
    wait(lambda: not bindings(one), seconds=30)
    assert "TAP" not in rules(one)

    master.run("gnt-instance", "remove", "-f", "--shutdown-timeout=0", NAME, timeout=120)
    wait(lambda: not bindings(two), seconds=30)
    assert "TAP" not in rules(two)
