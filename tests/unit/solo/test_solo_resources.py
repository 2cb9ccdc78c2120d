"""The RAPI's shapes and complaints, as Ganeti 3.0.2 has them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.node.solo.requests import Refusal
from tests.unit.solo.solo_house import SoloCluster, a_network, an_instance, solo_cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[SoloCluster]:
    with solo_cluster(tmp_path) as running:
        yield running


def refusal(cluster: SoloCluster, method: str, path: str, body: object = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        cluster.ask(method, path, body)
    return caught.value


def test_the_cluster_tells_its_version_and_features(cluster: SoloCluster) -> None:
    assert cluster.ask("GET", "/version") == 2
    assert "instance-create-reqv1" in cluster.ask("GET", "/2/features")
    info = cluster.ask("GET", "/2/info")
    assert info["name"] == "solo.test"
    assert info["enabled_disk_templates"] == ["diskless", "ext", "file"]


def test_the_node_tells_its_room(cluster: SoloCluster) -> None:
    (node,) = cluster.ask("GET", "/2/nodes?bulk=1")
    assert node["mfree"] <= node["mtotal"]
    assert not node["offline"]
    assert cluster.ask("GET", "/2/nodes") == [{"id": "node1", "uri": "/2/nodes/node1"}]


@pytest.mark.parametrize(
    "path", ["/2/instances/nope", "/2/networks/nope", "/2/nodes/nope", "/nowhere"]
)
def test_reading_what_is_not_there_is_404(cluster: SoloCluster, path: str) -> None:
    found = refusal(cluster, "GET", path)
    assert found.body() == {
        "code": 404,
        "message": "Not Found",
        "explain": "Nothing matches the given URI",
    }


def test_changing_what_is_not_there_fails_in_the_job(cluster: SoloCluster) -> None:
    job = cluster.run("DELETE", "/2/instances/nope")
    assert job["status"] == "error"
    told = ["OpPrereqError", ["Instance 'nope' not known", "unknown_entity"]]
    assert job["opresult"] == [told]


def test_a_method_that_a_path_does_not_have_is_501(cluster: SoloCluster) -> None:
    found = refusal(cluster, "PUT", "/2/instances")
    assert found.status == 501
    assert found.message == "Method PUT is unsupported for path /2/instances"


def test_unknown_parameters_are_named(cluster: SoloCluster) -> None:
    found = refusal(cluster, "POST", "/2/instances", an_instance(zzz=1))
    assert found.status == 400
    assert "doesn&#x27;t support the parameter &#x27;zzz&#x27;" in found.message


def test_an_old_creation_request_is_refused(cluster: SoloCluster) -> None:
    body = an_instance()
    del body["__version__"]
    found = refusal(cluster, "POST", "/2/instances", body)
    assert "version 0 is no longer supported" in found.message


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 300])
def test_names_that_are_no_file_names_are_refused(cluster: SoloCluster, name: str) -> None:
    assert refusal(cluster, "POST", "/2/instances", an_instance(name)).status == 400


def test_a_subnet_with_host_bits_is_refused_at_once(cluster: SoloCluster) -> None:
    body = {"network_name": "n", "network": "10.99.0.1/24"}
    found = refusal(cluster, "POST", "/2/networks", body)
    assert (found.status, found.message) == (500, "10.99.0.1/24 has host bits set")


def test_an_instance_shows_what_cyclades_reads(cluster: SoloCluster) -> None:
    a_network(cluster)
    nic = {"network": "snf-net-1", "ip": "10.9.0.7", "name": "snf-nic-1"}
    cluster.run("POST", "/2/instances", an_instance(nics=[nic]))
    shown = cluster.ask("GET", "/2/instances/snf-1")
    assert shown["status"] == "running"
    assert shown["oper_state"] is True
    assert shown["pnode"] == "node1"
    assert shown["nic.ips"] == ["10.9.0.7"]
    assert shown["nic.networks.names"] == ["snf-net-1"]
    assert shown["nic.macs"][0].startswith("aa:00:00:")
    assert shown["disk.sizes"] == [32]
    assert shown["disk.names"] == ["snf-vol-1"]
    assert shown["beparams"]["maxmem"] == 64
    assert cluster.ask("GET", "/2/instances?bulk=1") == [shown]


def test_a_second_instance_of_one_name_is_refused_in_its_job(cluster: SoloCluster) -> None:
    cluster.run("POST", "/2/instances", an_instance())
    job = cluster.run("POST", "/2/instances", an_instance())
    assert job["opresult"][0][1][1] == "already_exists"
    assert cluster.ask("GET", "/2/instances/snf-1")["status"] == "running"


def test_a_network_shows_its_map_and_its_users(cluster: SoloCluster) -> None:
    a_network(cluster, network="10.9.0.0/29")
    nic = {"network": "snf-net-1", "ip": "pool", "name": "snf-nic-1"}
    cluster.run("POST", "/2/instances", an_instance(nics=[nic]))
    shown = cluster.ask("GET", "/2/networks/snf-net-1")
    assert shown["map"] == "XXX....X"
    assert shown["free_count"] == 4
    assert shown["inst_list"] == ["snf-1"]
    assert shown["group_list"] == [["default", "bridged", "br0", ""]]
    assert shown["external_reservations"] == "10.9.0.0, 10.9.0.1, 10.9.0.7"


def test_an_address_is_given_once(cluster: SoloCluster) -> None:
    a_network(cluster)
    nic = {"network": "snf-net-1", "ip": "10.9.0.7", "name": "snf-nic-1"}
    cluster.run("POST", "/2/instances", an_instance("snf-1", nics=[nic]))
    job = cluster.run("POST", "/2/instances", an_instance("snf-2", nics=[nic]))
    assert "already in use" in job["opresult"][0][1][0]
    cluster.run("DELETE", "/2/instances/snf-1")
    again = cluster.run("POST", "/2/instances", an_instance("snf-2", nics=[nic]))
    assert again["status"] == "success"


def test_a_connected_network_is_not_removed(cluster: SoloCluster) -> None:
    a_network(cluster)
    job = cluster.run("DELETE", "/2/networks/snf-net-1")
    assert job["opresult"] == [["OpPrereqError", ["Network still connected", "wrong_state"]]]
    off = cluster.ask("PUT", "/2/networks/snf-net-1/disconnect", {"group_name": "default"})
    body = {"depends": [[off, ["success", "error", "canceled"]]]}
    assert cluster.run("DELETE", "/2/networks/snf-net-1", body)["status"] == "success"
    assert cluster.ask("GET", "/2/networks") == []


def test_connecting_twice_changes_nothing(cluster: SoloCluster) -> None:
    a_network(cluster)
    wish = {"group_name": "default", "network_mode": "bridged", "network_link": "other"}
    job = cluster.run("PUT", "/2/networks/snf-net-1/connect", wish)
    assert job["status"] == "success"
    shown = cluster.ask("GET", "/2/networks/snf-net-1")
    assert shown["group_list"] == [["default", "bridged", "br0", ""]]


def test_nics_and_disks_come_and_go(cluster: SoloCluster) -> None:
    a_network(cluster)
    cluster.run("POST", "/2/instances", an_instance())
    add = {"nics": [["add", "-1", {"name": "snf-nic-5", "network": "snf-net-1", "ip": "pool"}]]}
    job = cluster.run("PUT", "/2/instances/snf-1/modify", {**add, "hotplug_if_possible": True})
    assert job["opresult"][0][0][0] == "nic.0"
    more = {"disks": [["add", {"name": "snf-vol-9", "size": 8, "provider": "archipelago"}]]}
    cluster.run("PUT", "/2/instances/snf-1/modify", {**more, "hotplug": True})
    assert cluster.ask("GET", "/2/instances/snf-1")["disk.names"] == ["snf-vol-1", "snf-vol-9"]
    less = {"nics": [["remove", "snf-nic-5", {}]], "disks": [["remove", "snf-vol-9", {}]]}
    refused = cluster.run("PUT", "/2/instances/snf-1/modify", less)
    assert "without using hotplug" in refused["opresult"][0][1][0]
    cluster.run("PUT", "/2/instances/snf-1/modify", {**less, "hotplug_if_possible": True})
    shown = cluster.ask("GET", "/2/instances/snf-1")
    assert (shown["nic.names"], shown["disk.names"]) == ([], ["snf-vol-1"])


def test_a_resize_is_stored_and_told(cluster: SoloCluster) -> None:
    cluster.run("POST", "/2/instances", an_instance())
    cluster.run("PUT", "/2/instances/snf-1/shutdown", {"timeout": 0})
    size = {"beparams": {"vcpus": 2, "minmem": 128, "maxmem": 128}}
    job = cluster.run("PUT", "/2/instances/snf-1/modify", size)
    assert ["be/vcpus", 2] in job["opresult"][0]
    event = cluster.events()[-1]
    assert event.job_fields["beparams"]["maxmem"] == 128
    assert event.instance_disks is not None
    assert event.instance_disks[0]["name"] == "snf-vol-1"


def test_a_disk_grows(cluster: SoloCluster) -> None:
    cluster.run("POST", "/2/instances", an_instance())
    cluster.run("POST", "/2/instances/snf-1/disk/0/grow", {"amount": 8})
    assert cluster.ask("GET", "/2/instances/snf-1")["disk.sizes"] == [40]


def test_tags_are_set_and_deleted(cluster: SoloCluster) -> None:
    cluster.run("POST", "/2/instances", an_instance())
    cluster.run("PUT", "/2/instances/snf-1/tags?tag=a&tag=b")
    assert cluster.ask("GET", "/2/instances/snf-1/tags") == ["a", "b"]
    cluster.run("DELETE", "/2/instances/snf-1/tags?tag=a")
    assert cluster.ask("GET", "/2/instances/snf-1/tags") == ["b"]
    job = cluster.run("DELETE", "/2/instances/snf-1/tags?tag=zzz")
    assert job["status"] == "error"


def test_a_dry_run_of_cluster_tags_is_a_heartbeat(cluster: SoloCluster) -> None:
    tag = "snf:eventd:heartbeat:host:1"
    assert cluster.run("PUT", f"/2/tags?tag={tag}&dry-run=1")["status"] == "success"
    assert cluster.ask("GET", "/2/tags") == []
    (heartbeat,) = cluster.events()
    assert (heartbeat.type, heartbeat.status) == ("eventd-heartbeat", "waiting")


def test_queries_filter_and_choose(cluster: SoloCluster) -> None:
    cluster.run("POST", "/2/instances", an_instance("snf-1"))
    cluster.run("POST", "/2/instances", an_instance("snf-2"))
    found = cluster.ask(
        "PUT",
        "/2/query/instance",
        {"fields": ["name", "status", "zzz"], "qfilter": ["=", "name", "snf-2"]},
    )
    assert found["data"] == [[[0, "snf-2"], [0, "running"], [1, None]]]
    assert refusal(cluster, "PUT", "/2/query/zebra", {"fields": ["x"]}).status == 502


def test_a_failed_start_is_an_error_with_its_reason(tmp_path: Path) -> None:
    with solo_cluster(tmp_path, failures={"snf-1": "no such accelerator"}) as cluster:
        job = cluster.run("POST", "/2/instances", an_instance())
        assert job["opresult"] == [["OpExecError", ["no such accelerator"]]]
        event = cluster.events()[-1]
        assert event.status == "error"
        assert event.job_fields["instance_name"] == "snf-1"
        assert cluster.ask("GET", "/2/instances/snf-1")["status"] == "ADMIN_down"
        assert cluster.run("DELETE", "/2/instances/snf-1")["status"] == "success"


def test_a_rename_keeps_the_instance(cluster: SoloCluster) -> None:
    cluster.run("POST", "/2/instances", an_instance())
    cluster.run("PUT", "/2/instances/snf-1/shutdown", {"timeout": 0})
    before = cluster.ask("GET", "/2/instances/snf-1")["uuid"]
    job = cluster.run("PUT", "/2/instances/snf-1/rename", {"new_name": "snf-7"})
    assert job["status"] == "success"
    assert cluster.ask("GET", "/2/instances/snf-7")["uuid"] == before
    assert refusal(cluster, "GET", "/2/instances/snf-1").status == 404
