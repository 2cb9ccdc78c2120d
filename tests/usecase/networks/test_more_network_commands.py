"""Ports, floating IPs and networks from the command line. Spec: network 14."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from synnefo.cyclades.domain.ports import RequestedNetwork
from synnefo.cyclades.models import IPAddress, MacPrefixPool, Network, Port, QueuedErrand, Server
from synnefo.cyclades.usecases import cluster_networks, floating_ips, people, servers
from synnefo.cyclades.usecases.floating_ips import FloatingIpOrder
from synnefo.kit import clock
from tests.support.compute import Stage, a_caller, fresh
from tests.support.networks import a_private, a_public

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA = a_caller()


def run(name: str, *words: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(name, *words, stdout=out, stderr=out, **options)
    return out.getvalue()


def rows(name: str, *words: str) -> list[dict[str, Any]]:
    return list(json.loads(run(name, *words, "--output-format", "json")))


def a_server(stage: Stage, *items: RequestedNetwork) -> Server:
    made = servers.create(ADA, stage.order(networks=items)).servers[0]
    stage.run()
    return fresh(made)


def carry_out(stage: Stage) -> None:
    """Let everything happen that waits, also what waits for networks to be made."""
    for _round in range(3):
        stage.run()
        QueuedErrand.objects.update(ready_at=clock.now())


class TestPorts:
    def test_a_port_is_made_for_a_user_or_plugged_into_a_server(self, stage: Stage) -> None:
        network, server = a_private(ADA), a_server(stage)
        run("port_create", "--network", str(network.id), "--user", "ada")
        words = ("--network", f"snf-net-{network.id}", "--server", f"snf-{server.id}")
        run("port_create", *words, "--ipv4-address", "192.168.7.40", "--wait", "False")
        carry_out(stage)
        plugged = Port.objects.get(server=server)
        assert (plugged.userid, plugged.state) == ("ada", "ACTIVE")
        assert [ip.address for ip in plugged.addresses.all()] == ["192.168.7.40"]
        (row,) = rows("port_list", "--server", str(server.id))
        assert row["fixed_ips"] == "192.168.7.40"
        run("port_remove", str(plugged.id), "-f", "--wait", "False")
        stage.run()
        assert Port.objects.count() == 1

    def test_nobodys_port_is_refused(self, stage: Stage) -> None:
        with pytest.raises(CommandError, match="whose port"):
            run("port_create", "--network", str(a_private(ADA).id))

    def test_a_floating_ip_goes_to_a_server_and_back(self, stage: Stage) -> None:
        a_public(floating_ip_pool=True)
        ip = floating_ips.create(ADA, FloatingIpOrder())
        server = a_server(stage)
        words = ("--machine", str(server.id), "--wait", "False")
        run("floating_ip_attach", str(ip.id), *words)
        carry_out(stage)
        ip.refresh_from_db()
        assert ip.port is not None
        assert ip.port.server == server
        run("floating_ip_detach", str(ip.id), "--wait", "False")
        stage.run()
        ip.refresh_from_db()
        assert not ip.deleted
        assert IPAddress.objects.get().port is None
        with pytest.raises(CommandError, match="on no server"):
            run("floating_ip_detach", str(ip.id))


class TestNetworks:
    def test_a_network_changes_hands_with_its_quota(self, stage: Stage) -> None:
        network = a_private(ADA)
        run("network_modify", str(network.id), "--user", "eve")
        network.refresh_from_db()
        assert (network.userid, network.subnets.get().userid) == ("eve", "eve")
        assert stage.quota.of("ada") == {}
        assert stage.quota.of("eve") == {"cyclades.network.private": 1}

    def test_a_network_is_taken_off_a_cluster_that_does_not_use_it(self, stage: Stage) -> None:
        network = a_private(ADA)
        server = a_server(stage, RequestedNetwork(uuid=str(network.id)))
        words = (str(network.id), "--remove-from-backend", str(stage.cluster.id))
        with pytest.raises(CommandError, match="servers on this network"):
            run("network_modify", *words)
        servers_gone(stage, server)
        run("network_modify", *words)
        stage.run()
        assert not stage.world.networks
        assert Network.objects.get(id=network.id).state == "ACTIVE"

    def test_opening_a_pool_makes_the_network_everywhere(self, stage: Stage) -> None:
        network = a_public()
        run("network_modify", str(network.id), "--floating-ip-pool", "True")
        stage.run()
        assert list(stage.world.networks) == [f"snf-net-{network.id}"]

    def test_a_dry_run_makes_nothing(self, stage: Stage) -> None:
        run("network_create", "--flavor", "CUSTOM", "--public", "-n")
        assert not Network.objects.exists()

    def test_one_cluster_may_be_named(self, stage: Stage) -> None:
        words = ("--flavor", "MAC_FILTERED", "--user", "ada", "--backend-id")
        run("network_create", *words, str(stage.cluster.id))
        stage.run()
        assert len(stage.world.networks) == 1


def servers_gone(stage: Stage, *gone: Server) -> None:
    run("server_remove", *(str(one.id) for one in gone), "-f", "--wait", "False")
    stage.run()


class TestPools:
    def test_an_untouched_pool_may_get_another_base(self, stage: Stage) -> None:
        pool = MacPrefixPool.objects.get()
        words = (str(pool.id), "--type", "mac-prefix")
        run("pool_modify", *words, "--base", "ae:00:0", "--offset", "3")
        pool.refresh_from_db()
        assert (pool.base, pool.offset) == ("ae:00:0", 3)
        assert a_private(ADA).mac_prefix == "ae:00:1"
        with pytest.raises(CommandError, match="base"):
            run("pool_modify", *words, "--base", "aa:00:0")


class TestLists:
    def test_owners_are_chosen_by_address_and_shown_with_it(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Names:
            def of(self, uuids: Any) -> dict[str, str]:
                return {uuid: f"{uuid}@example.org" for uuid in uuids}

        monkeypatch.setattr(people, "names", Names)
        monkeypatch.setattr(people, "uuid_of", lambda text: text.partition("@")[0])
        network = a_private(ADA)
        a_private(a_caller("eve"))
        cluster_networks.ensure_on_cluster(stage.cluster, network)
        for name in ("network_list", "subnet_list"):
            (row,) = rows(name, "--user", "ada@example.org", "--display-mails")
            assert row["user.email"] == "ada@example.org"
        assert rows("port_list", "--display-mails") == []
        assert rows("floating_ip_list", "--display-mails") == []
        assert not IPAddress.objects.exists()
