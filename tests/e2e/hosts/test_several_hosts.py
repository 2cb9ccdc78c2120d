"""A cloud on eight hosts, installed by the playbook; hosts are cut off one by one."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.host_cloud import WAIT, HostCloud
from tests.support.images import a_raw

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_root,
    pytest.mark.needs_linux_net,
    pytest.mark.needs_postgres,
    pytest.mark.needs_rabbitmq,
    pytest.mark.needs_clients,
    pytest.mark.timeout(900),
]

COMPUTE = "/cyclades/compute/v2.1"
SERVERS = f"{COMPUTE}/servers"
INSTALLED_HERE = {"22", "4369"}
"""Ports of programs that this machine, and so every host, has: SSH and Erlang's port mapper."""
SOON = 20.0
"""Seconds after which nobody waits any longer for a host that is gone."""


@contextmanager
def cut_off(hosts: HostCloud, name: str) -> Iterator[None]:
    """Pull a host's cable for a while."""
    hosts.lan.hosts[name].cut_off()
    try:
        yield
    finally:
        hosts.lan.hosts[name].rejoin()


def eventually(true: Callable[[], bool], told: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < deadline, told()
        time.sleep(0.5)


@pytest.fixture(scope="session")
def image(hosts: HostCloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("image") / "tiny.raw"
    file.write_bytes(a_raw())
    words = ("--disk-format", "raw", "--container-format", "bare", "--file", str(file))
    made = hosts.openstack("image", "create", *words, "tiny")
    assert made["status"] == "active"
    return str(made["id"])


def order(hosts: HostCloud, token: str, image: str, name: str) -> str:
    networks = json.loads(hosts.ask("GET", "/cyclades/network/v2.0/networks", token=token).body)
    (public,) = (each["id"] for each in networks["networks"] if each["name"] == "Public")
    wanted = {"name": name, "imageRef": image, "flavorRef": "1", "networks": [{"uuid": public}]}
    said = hosts.ask("POST", SERVERS, {"server": wanted}, token=token)
    assert said.status == 202, said
    return str(json.loads(said.body)["server"]["id"])


def status_of(hosts: HostCloud, token: str, server: str) -> str:
    said = hosts.ask("GET", f"{SERVERS}/{server}", token=token)
    return str(json.loads(said.body)["server"]["status"]) if said.status == 200 else said.body


def is_active(hosts: HostCloud, token: str, server: str) -> None:
    eventually(
        lambda: status_of(hosts, token, server) == "ACTIVE",
        lambda: status_of(hosts, token, server),
    )


def test_each_host_has_its_components_and_no_other(hosts: HostCloud) -> None:
    found = {
        name: re.findall(
            r"^(snf-\w+-app|archipelago|snf-node|kamaki) ",
            hosts.lan.hosts[name].run("/opt/synnefo/bin/pip list --disable-pip-version-check"),
            re.MULTILINE,
        )
        for name in ("identity1", "files1", "compute1", "node1", "client1")
    }
    assert found["identity1"] == ["snf-astakos-app", "snf-node", "snf-ui-app"]
    assert found["files1"] == ["snf-node", "snf-pithos-app"]
    assert found["compute1"] == ["snf-cyclades-app", "snf-node"]
    assert found["node1"] == ["archipelago", "snf-node"]
    assert found["client1"] == ["kamaki"]


def test_the_playbook_run_again_changes_nothing(hosts: HostCloud) -> None:
    recap = hosts.install().partition("PLAY RECAP")[2]
    assert len(re.findall(r"changed=0 +unreachable=0 +failed=0", recap)) == 9, recap


def test_everything_goes_over_tls(hosts: HostCloud, token: str) -> None:
    plain = hosts.ask("GET", "/healthz", plain=True)
    assert plain.status == 200, "the client follows where it is sent"
    assert "max-age" in plain.headers["Strict-Transport-Security"]
    listening = "ss -Htln | awk '{print $4}' | grep -v '^127\\.\\|^\\[::1\\]'"
    open_ports = {
        name: set(re.findall(r":(\d+)$", host.run(listening, check=False), re.MULTILINE))
        for name, host in hosts.lan.hosts.items()
    }
    assert open_ports["front1"] - INSTALLED_HERE == {"80", "443"}
    for name in ("identity1", "files1", "compute1"):
        assert open_ports[name] - INSTALLED_HERE == {"8443"}
    assert open_ports["node1"] - INSTALLED_HERE - {"53", "67"} == {"5080"}
    assert "5672" not in open_ports["mq1"]


def test_a_machine_is_made_by_openstackclient(
    hosts: HostCloud, image: str, tmp_path: Path
) -> None:
    flavor = hosts.openstack("flavor", "list")[0]["Name"]
    words = ("--image", image, "--flavor", flavor, "--network", "Public", "--wait")
    made = hosts.openstack("server", "create", *words, "first")
    assert made["status"] == "ACTIVE"
    assert made["OS-EXT-SRV-ATTR:host"] == "node1"
    assert [row["Name"] for row in hosts.openstack("server", "list")] == ["first"]
    file = tmp_path / "letter.txt"
    file.write_text("hello")
    hosts.openstack("container", "create", "letters")
    stored = hosts.openstack("object", "create", "letters", str(file), "--name", "letter.txt")
    assert stored[0]["object"] == "letter.txt"


def test_kamaki_of_the_client_host_reads_what_was_stored(hosts: HostCloud, token: str) -> None:
    client = hosts.lan.hosts["client1"]
    client.run("kamaki config set cloud.it.url https://cloud.example.org/astakos/identity/v2.0")
    client.run(["kamaki", "config", "set", "cloud.it.token", token])
    client.run("kamaki config set default_cloud it")
    assert "first" in client.run("kamaki server list")
    assert client.run("kamaki file cat /letters/letter.txt").strip() == "hello"


def test_without_compute_files_and_sign_in_go_on(hosts: HostCloud, token: str) -> None:
    assert hosts.ask("GET", SERVERS, token=token).status == 200
    with cut_off(hosts, "compute1"):
        said = hosts.ask("GET", SERVERS, token=token)
        assert (said.status in {502, 504}, said.seconds < SOON) == (True, True), said
        assert hosts.token().status == 201
        assert hosts.ask("GET", f"/pithos/v1/{whose(hosts)}", token=token).status in {200, 204}
    hosts.await_well(SERVERS, token)


def test_without_files_machines_are_listed(hosts: HostCloud, token: str) -> None:
    with cut_off(hosts, "files1"):
        said = hosts.ask("GET", f"{SERVERS}/detail", token=token)
        assert said.status == 200
        assert hosts.ask("GET", f"/pithos/v1/{whose(hosts)}", token=token).status in {502, 504}
    hosts.await_well(f"/pithos/v1/{whose(hosts)}", token)


def test_without_identity_the_others_say_so_soon(hosts: HostCloud, token: str) -> None:
    with cut_off(hosts, "identity1"):
        time.sleep(6)  # services remember who asked for 5 seconds
        said = hosts.ask("GET", SERVERS, token=token)
        assert said.status == 503, said
        assert said.seconds < 2 * SOON
        assert "cannot be reached" in said.body
        assert "<html" not in said.body
    hosts.await_well(SERVERS, token)


def test_without_the_broker_orders_are_taken_and_carried_out_later(
    hosts: HostCloud, token: str, image: str
) -> None:
    with cut_off(hosts, "mq1"):
        server = order(hosts, token, image, "patient")
        assert status_of(hosts, token, server) == "BUILD"
    is_active(hosts, token, server)


def test_without_the_cluster_orders_are_taken_and_lists_are_quick(
    hosts: HostCloud, token: str, image: str
) -> None:
    with cut_off(hosts, "node1"):
        server = order(hosts, token, image, "waiting")
        said = hosts.ask("GET", f"{SERVERS}/detail", token=token)
        assert (said.status, said.seconds < 2) == (200, True), said.seconds
    is_active(hosts, token, server)


def test_without_the_database_everybody_is_told_soon(hosts: HostCloud, token: str) -> None:
    with cut_off(hosts, "db1"):
        said = hosts.ask("GET", SERVERS, token=token)
        assert said.status >= 500, said
        assert said.seconds < 2 * SOON
    hosts.await_well(SERVERS, token)
    hosts.await_token()


def test_afterwards_the_books_are_right(hosts: HostCloud, token: str) -> None:
    servers = json.loads(hosts.ask("GET", SERVERS, token=token).body)["servers"]
    for server in servers:
        is_active(hosts, token, str(server["id"]))
        assert hosts.ask("DELETE", f"{SERVERS}/{server['id']}", token=token).status == 204
    eventually(
        lambda: json.loads(hosts.ask("GET", SERVERS, token=token).body)["servers"] == [],
        lambda: hosts.ask("GET", f"{SERVERS}/detail", token=token),
    )
    assert {server["name"] for server in servers} == {"first", "patient", "waiting"}
    assert "No inconsistencies." in hosts.manage("identity1", "quota-verify")
    quota = hosts.ask("GET", "/astakos/account/v1.0/quotas", token=token)
    used = json.loads(quota.body)[whose(hosts)]
    assert {name: used[name]["usage"] for name in ("cyclades.vm", "cyclades.disk")} == {
        "cyclades.vm": 0,
        "cyclades.disk": 0,
    }
    assert all(held["pending"] == held["project_pending"] for held in used.values())


def whose(hosts: HostCloud) -> str:
    """The account of the administrator, who is the project too."""
    said = json.loads(hosts.token().body)
    return str(said["token"]["user"]["id"])
