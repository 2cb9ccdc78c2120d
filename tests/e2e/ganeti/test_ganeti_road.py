"""From POST /servers to ACTIVE and on, over real Ganeti, brokers and PostgreSQL."""

import pytest

from tests.e2e.ganeti.ganeti_cloud import Stage
from tests.support.ganeti import Cluster

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_ganeti,
    pytest.mark.needs_root,
    pytest.mark.needs_rabbitmq,
    pytest.mark.needs_postgres,
]


def test_servers_live_on_both_clusters(stage: Stage, three_nodes: Cluster) -> None:
    network = stage.user("POST", "/cyclades/network/v2.0/networks", {"network": {"name": "in"}})
    network_id = network["network"]["id"]
    subnet = {"network_id": network_id, "cidr": "10.77.0.0/24", "ip_version": 4}
    stage.user("POST", "/cyclades/network/v2.0/subnets", {"subnet": subnet})
    made = {}
    for cluster in stage.clusters:
        stage.only(cluster)
        made[cluster.name] = stage.create("road", networks=[{"uuid": network_id}])
    for cluster in stage.clusters:
        server = made[cluster.name]
        shown = stage.wait_for(server, "ACTIVE")
        address = next(one["addr"] for of in shown["addresses"].values() for one in of)
        assert address.startswith("10.77.0.")
        name = f"{stage.prefix}-{server}"
        assert name in stage.instances(cluster)
    server = made[three_nodes.name]
    for action, status in (
        ({"os-stop": None}, "SHUTOFF"),
        ({"os-start": None}, "ACTIVE"),
        ({"reboot": {"type": "HARD"}}, "ACTIVE"),
    ):
        stage.act(server, action)
        stage.wait_for(server, status)
