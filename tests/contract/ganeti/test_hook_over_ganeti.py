"""`snf-ganeti-hook` as a real Ganeti calls it."""

import msgspec
import pytest

from synnefo.bus.local import LocalBus
from synnefo.bus.port import Binding
from synnefo.cyclades.domain.instances import NicSpec
from synnefo.cyclades.engines.ganeti import GanetiCompute, Habits
from synnefo.cyclades.engines.ganeti_networks import GanetiNetworks
from synnefo.cyclades.engines.networking import NetworkSpec
from synnefo.cyclades.engines.rapi import Rapi
from synnefo.wire import job_events
from tests.contract.engines.engine_contract import bare, ended
from tests.support.ganeti import TOP, Cluster
from tests.support.ganeti_fixture import one_node, rapi

__all__ = ["one_node", "rapi"]

pytestmark = [pytest.mark.needs_ganeti, pytest.mark.needs_root]
NETWORK = NetworkSpec(
    name="hook-net-1",
    subnet="10.9.2.0/24",
    subnet6="2001:db8:5::/64",
    gateway="10.9.2.1",
    mac_prefix="aa:00:05",
)
HOOK = "/etc/ganeti/hooks/instance-add-post.d/snf-ganeti-hook"
SETTINGS = "/etc/synnefo-hook/99-local.conf"
HOOK_TEXT = f"""#!/bin/sh
SYNNEFO_SETTINGS_DIR=/etc/synnefo-hook exec {TOP}/.venv/bin/snf-ganeti-hook
"""


def test_a_new_instance_is_told_with_its_cards(rapi: Rapi, one_node: Cluster) -> None:
    from_inside = "/srv/ganeti/shared-file-storage/hook.sqlite3"
    bus = LocalBus(one_node.shared / "hook.sqlite3")
    bus.declare("net", [Binding(job_events.EXCHANGE, "ganeti.hook.event.net")])
    one_node.put(SETTINGS, f"BUS_URL = 'local://{from_inside}'\n")
    one_node.put(HOOK, HOOK_TEXT, mode=0o755)
    compute = GanetiCompute(rapi, Habits(create_extra={"os": "tiny+default"}))
    networks = GanetiNetworks(rapi)
    made = networks.create_network(NETWORK)
    wired = networks.connect_network(
        NETWORK.name, "default", mode="bridged", link="br0", after=(made,)
    )
    card = {"name": "hook-nic-1", "network": NETWORK.name, "ip": "10.9.2.5"}
    spec = msgspec.structs.replace(
        bare("hook-1"),
        nics=(NicSpec(**card),),
        tags=("synnefo:network:hook-nic-1:protected",),
        after=(wired,),
    )
    try:
        job = ended(compute.job, compute.create(spec))
        assert job.status == "success", job
        assert bus.count("net") == 1
        delivery = next(iter(bus.consume(["net"], stop=lambda: False)))
        status = job_events.decode_net_status(delivery.body)
        delivery.ack()
    finally:
        for path in (HOOK, SETTINGS):
            one_node.nodes[0].run("rm", path)
        ended(compute.job, compute.remove("hook-1"))
        off = networks.disconnect_network(NETWORK.name, "default")
        ended(compute.job, networks.delete_network(NETWORK.name, after=(off,)))
    assert (status.type, status.instance) == ("ganeti-net-status", "hook-1")
    (nic,) = status.nics
    assert nic["ipv6"].startswith("2001:db8:5:0:a800:5")
    assert {key: nic[key] for key in ("name", "ip", "link", "network", "firewall")} == {
        **card,
        "link": "br0",
        "firewall": "protected",
    }
