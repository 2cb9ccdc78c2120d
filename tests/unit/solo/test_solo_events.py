"""Events: what they tell, and that none is lost."""

from pathlib import Path

import pytest

from synnefo.bus.memory import MemoryBus
from synnefo.bus.port import Binding, BusUnreachable
from synnefo.node.event_sender import EventSender
from synnefo.wire import job_events
from tests.unit.solo.solo_house import SoloCluster, a_network, an_instance, solo_cluster


class FlakyBus:
    """A bus that breaks after some messages."""

    def __init__(self, inner: MemoryBus, breaks_after: int) -> None:
        self._inner = inner
        self._left = breaks_after

    def publish(self, exchange: str, routing_key: str, body: bytes) -> None:
        if self._left == 0:
            raise BusUnreachable("gone")
        self._left -= 1
        self._inner.publish(exchange, routing_key, body)


def test_a_created_instance_is_told_with_nics_disks_and_firewall(tmp_path: Path) -> None:
    with solo_cluster(tmp_path) as cluster:
        a_network(cluster)
        nic = {"network": "snf-net-1", "ip": "10.9.0.7", "name": "snf-nic-163"}
        tags = ["synnefo:network:snf-nic-163:protected"]
        cluster.run("POST", "/2/instances", an_instance("snf-42", nics=[nic], tags=tags))
        event = cluster.events()[-1]
    assert (event.type, event.operation) == ("ganeti-op-status", "OP_INSTANCE_CREATE")
    assert (event.instance, event.cluster, event.tags) == ("snf-42", "solo.test", tags)
    assert event.instance_nics is not None
    shown = event.instance_nics[0]
    assert shown["firewall"] == "protected"
    assert {key: shown[key] for key in ("name", "network", "ip", "mode", "link")} == {
        "name": "snf-nic-163",
        "network": "snf-net-1",
        "ip": "10.9.0.7",
        "mode": "bridged",
        "link": "br0",
    }
    assert event.instance_disks is not None
    assert event.instance_disks[0]["size"] == 32
    assert event.instance_hvparams == {"boot_order": "disk", "cdrom_image_path": ""}


def test_network_jobs_are_told_under_their_own_key(tmp_path: Path) -> None:
    with solo_cluster(tmp_path) as cluster:
        a_network(cluster)
        keys = {message.routing_key for _, message in cluster.ledger.waiting(100)}
        event = cluster.events()[-1]
    assert keys == {"ganeti.snf.event.network"}
    assert (event.type, event.network) == ("ganeti-network-status", "snf-net-1")
    assert event.job_fields["group_name"] == "default"


def test_events_outlive_the_bus_and_the_process(tmp_path: Path) -> None:
    with solo_cluster(tmp_path) as cluster:
        cluster.run("POST", "/2/instances", an_instance())
    bus = MemoryBus()
    key = job_events.routing_key("op", "snf")
    bus.declare("snf-events-op", [Binding(job_events.EXCHANGE, key)])
    later = SoloCluster(tmp_path)
    with pytest.raises(BusUnreachable):
        EventSender(later.ledger, lambda: FlakyBus(bus, 2)).send_waiting()  # type: ignore[arg-type,return-value] # publishes only
    later.close()
    again = SoloCluster(tmp_path)
    assert EventSender(again.ledger, lambda: bus).send_waiting() == 2
    assert again.ledger.waiting(10) == []
    again.close()
    assert bus.count("snf-events-op") == 4
