"""What operators do with networks from the command line."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from synnefo.cyclades.models import BackendNetwork, IPPool, MacPrefixPool, Network, Port
from synnefo.cyclades.usecases import cluster_networks, networks, ports
from synnefo.kit import clock
from tests.support.compute import Stage, a_caller
from tests.support.networks import a_private, assert_nothing_leaked

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA = a_caller()


def run(name: str, *words: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(name, *words, stdout=out, stderr=out, **options)
    return out.getvalue()


def rows(name: str, *words: str) -> list[dict[str, Any]]:
    return list(json.loads(run(name, *words, "--output-format", "json")))


def a_public_one() -> Network:
    run(
        "network_create",
        *("--public", "--name", "Public", "--flavor", "CUSTOM", "--dhcp", "True"),
        *("--subnet", "10.9.0.0/24", "--gateway", "10.9.0.1", "--tags", "nat"),
    )
    return Network.objects.get(name="Public")


class TestNetworks:
    def test_a_public_network_is_made_on_every_cluster_at_once(self, stage: Stage) -> None:
        network = a_public_one()
        stage.run()
        assert list(stage.world.networks) == [f"snf-net-{network.id}"]
        spec = cluster_networks.spec_of(network, "aa:00:00")
        assert (spec.tags, spec.gateway) == (("nat", "nfdhcpd", "public"), "10.9.0.1")
        (row,) = rows("network_list")
        assert (row["subnet.ipv4"], row["gateway.ipv4"]) == ("10.9.0.0/24", "10.9.0.1")
        assert "simulated" in run("network_inspect", f"snf-net-{network.id}")
        assert "253" in run("network_show", str(network.id))

    def test_a_cluster_that_is_down_is_no_hindrance(self, stage: Stage) -> None:
        stage.world.unreachable = True
        assert a_public_one().state == "ACTIVE"

    @pytest.mark.parametrize(
        "words",
        [
            ("--flavor", "CUSTOM"),
            ("--flavor", "CUSTOM", "--public", "--gateway", "10.0.0.1"),
            ("--flavor", "CUSTOM", "--public", "--dhcp", "True"),
            ("--flavor", "IP_LESS_ROUTED", "--public"),
            ("--flavor", "CUSTOM", "--public", "--subnet", "10.0.0.1/24"),
        ],
    )
    def test_nonsense_leaves_nothing(self, stage: Stage, words: tuple[str, ...]) -> None:
        with pytest.raises(CommandError):
            run("network_create", *words)
        assert not Network.objects.filter(deleted=False).exists()

    def test_a_network_is_changed_and_removed(self, stage: Stage) -> None:
        network = a_public_one()
        run("network_modify", str(network.id), "--name", "N", "--drained", "True")
        run("network_modify", str(network.id), "--floating-ip-pool", "True")
        run("network_modify", str(network.id), "--add-reserved-ips", "10.9.0.2,10.9.0.3")
        assert "251" in run("network_show", str(network.id))
        run("network_modify", str(network.id), "--remove-reserved-ips", "10.9.0.2")
        stage.run()
        run("network_remove", str(network.id), force=True)
        stage.run()
        assert rows("network_list") == []
        with pytest.raises(CommandError):
            run("network_remove", str(network.id), force=True)

    def test_a_users_network_has_subnets_and_ports(self, stage: Stage) -> None:
        network = a_private(ADA, cidr=None)
        run("subnet_create", "--network", str(network.id), "--cidr", "10.0.0.0/24")
        (subnet,) = rows("subnet_list", "--ipv4")
        run("subnet_modify", str(subnet["id"]), "--name", "s")
        assert "10.0.0.1" in run("subnet_inspect", str(subnet["id"]))
        port = ports.create(ADA, str(network.id))
        (row,) = rows("port_list", "--user", "ada")
        assert row["fixed_ips"] == "10.0.0.1"
        assert "10.0.0.0/24" in run("port_inspect", f"snf-nic-{port.id}")
        run("port_remove", str(port.id), force=True)
        assert not Port.objects.exists()

    def test_floating_ips_are_kept_for_users(self, stage: Stage) -> None:
        run("network_modify", str(a_public_one().id), "--floating-ip-pool", "True")
        run("floating_ip_create", "--user", "ada")
        (row,) = rows("floating_ip_list")
        assert (row["address"], row["user.uuid"]) == ("10.9.0.2", "ada")
        assert "10.9.0.2" in run("floating_ip_show", str(row["id"]))
        assert stage.quota.of("ada") == {"cyclades.floating_ip": 1}
        run("floating_ip_remove", str(row["id"]), force=True)
        assert stage.quota.of("ada") == {}
        assert rows("ip_list") == []


class TestPools:
    def test_pools_are_shown_and_changed(self, stage: Stage) -> None:
        prefixes, bridges = rows("pool_list", "--type", "mac-prefix"), rows("pool_list")
        assert (len(prefixes), len(bridges)) == (1, 2)
        bridge = next(str(row["id"]) for row in bridges if row["type"] == "bridge")
        run("pool_modify", bridge, "--type", "bridge", "--size", "4", "--add-reserved", "prv1")
        assert "X..." in run("pool_show", bridge, "--type", "bridge")
        run("pool_remove", bridge, "--type", "bridge", force=True)
        with pytest.raises(CommandError):
            run("pool_create", "--type", "bridge", "--size", "4")
        run("pool_create", "--type", "bridge", "--size", "4", "--base", "br")


class TestReconciling:
    def test_pools_are_held_against_what_is_used(self, stage: Stage) -> None:
        network = a_private(ADA)
        ports.create(ADA, str(network.id))
        assert "in order" in run("reconcile_pools")
        row = IPPool.objects.get()
        pool, _lost = row.read().take()
        row.write(pool.put(0))
        prefixes = MacPrefixPool.objects.get()
        prefixes.write(prefixes.read().take()[0])
        found = rows("reconcile_pools")
        assert {(one["value"], one["problem"]) for one in found} == {
            ("192.168.7.2", "could be given out twice"),
            ("192.168.7.3", "never given out again"),
            ("aa:00:2", "never given out again"),
        }
        run("reconcile_pools", "--fix")
        assert "in order" in run("reconcile_pools")
        assert_nothing_leaked(network)

    def test_networks_are_held_against_clusters(self, stage: Stage) -> None:
        network = a_private(ADA)
        cluster_networks.ensure_on_cluster(stage.cluster, network)
        stage.world.run_jobs()
        BackendNetwork.objects.update(updated=clock.now() - timedelta(hours=1))
        (found,) = rows("reconcile_networks")
        assert (found["network"], found["kind"]) == (network.id, "unsynced")
        run("reconcile_networks", "--fix-all")
        assert BackendNetwork.objects.get().operstate == "ACTIVE"
        stage.world.unreachable = True
        networks.delete(ADA, str(network.id))
        BackendNetwork.objects.update(updated=clock.now() - timedelta(hours=1))
        with pytest.raises(CommandError, match="1 cluster"):
            run("reconcile_networks")


class TestImages:
    def test_images_are_listed_and_shown(self, stage: Stage) -> None:
        (row,) = rows("image_list", "--user", "ada")
        assert (row["id"], row["user.uuid"]) == (stage.image, "ada")
        assert "debian" in run("image_show", stage.image, "--user", "ada")
        with pytest.raises(CommandError):
            run("image_show", stage.image, "--user", "eve")
