"""Every kind of difference about networks and pools is found, and put right. Spec: network 13."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.core.management import call_command
from django.db import transaction

from synnefo.cyclades.engines.networking import NetworkFacts
from synnefo.cyclades.jobs import networks as sweeps
from synnefo.cyclades.models import BackendNetwork, IPAddress, IPPool, Network
from synnefo.cyclades.usecases import cluster_networks, networks, ports
from synnefo.kit import clock
from tests.support.compute import Stage, a_caller
from tests.support.networks import a_private, assert_nothing_leaked, free_and_all

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA = a_caller()
Damage = Callable[[Stage, Network], None]


def run(name: str, *words: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command(name, *words, "--output-format", "json", stdout=out, stderr=io.StringIO())
    return list(json.loads(out.getvalue()))


def rest() -> None:
    """Let every row be old enough to be judged."""
    BackendNetwork.objects.update(updated=clock.now() - timedelta(hours=1))
    Network.objects.update(updated=clock.now() - timedelta(hours=1))


def a_network(stage: Stage) -> Network:
    network = a_private(ADA)
    cluster_networks.ensure_on_cluster(stage.cluster, network)
    settle(stage)
    return network


def settle(stage: Stage) -> None:
    stage.run()
    rest()


def name_of(network: Network) -> str:
    return f"snf-net-{network.id}"


def change(stage: Stage, network: Network, **fields: object) -> None:
    facts = stage.world.networks[name_of(network)]
    stage.world.networks[name_of(network)] = msgspec.structs.replace(facts, **fields)


def part(_stage: Stage, _network: Network) -> None:
    BackendNetwork.objects.all().delete()


def leave_unheard(stage: Stage, network: Network) -> None:
    Network.objects.filter(id=network.id).update(action="DESTROY")
    del stage.world.networks[name_of(network)]


def vanish(stage: Stage, network: Network) -> None:
    del stage.world.networks[name_of(network)]


def hang(stage: Stage, network: Network) -> None:
    change(stage, network, groups=())


def unsync(_stage: Stage, _network: Network) -> None:
    BackendNetwork.objects.update(operstate="PENDING")


def bury(_stage: Stage, network: Network) -> None:
    with transaction.atomic("cyclades"):
        networks.finish_deletion(Network.objects.get(id=network.id))


def reserve(stage: Stage, network: Network) -> None:
    told = "192.168.7.0, 192.168.7.1, 192.168.7.40, 192.168.7.255"
    change(stage, network, external_reservations=told)


def fall(_stage: Stage, _network: Network) -> None:
    Network.objects.update(state="ERROR")


DAMAGES: list[tuple[Damage, str]] = [
    (part, "parted"),
    (leave_unheard, "stale"),
    (vanish, "missing"),
    (hang, "hanging"),
    (unsync, "unsynced"),
    (bury, "orphan"),
    (reserve, "reservation"),
    (fall, "state"),
]
NAMES = [damage.__name__ for damage, _kind in DAMAGES]


@pytest.mark.parametrize(("damage", "kind"), DAMAGES, ids=NAMES)
class TestEveryDamage:
    def test_is_shown_and_left_alone_without_fix(
        self, stage: Stage, damage: Damage, kind: str
    ) -> None:
        damage(stage, a_network(stage))
        rest()
        for _twice in range(2):
            (row,) = run("reconcile_networks")
            assert (row["kind"], row["fixed"]) == (kind, False)

    def test_is_put_right_with_fix(self, stage: Stage, damage: Damage, kind: str) -> None:
        damage(stage, a_network(stage))
        rest()
        (row,) = run("reconcile_networks", "--fix-all")
        assert (row["kind"], row["fixed"]) == (kind, True)
        settle(stage)
        run("reconcile_networks", "--fix-all")
        settle(stage)
        assert run("reconcile_networks") == []

    def test_is_put_right_unasked_unless_it_makes_or_deletes_elsewhere(
        self, stage: Stage, damage: Damage, kind: str
    ) -> None:
        damage(stage, a_network(stage))
        for _round in range(3):
            rest()
            sweeps.settle_networks()
            settle(stage)
        assert bool(run("reconcile_networks")) is (kind in {"missing", "orphan"})


class TestWhatItLeadsTo:
    def test_a_deletion_that_nobody_heard_of_is_finished(self, stage: Stage) -> None:
        network = a_network(stage)
        leave_unheard(stage, network)
        rest()
        run("reconcile_networks", "--fix-all")
        network.refresh_from_db()
        assert network.deleted
        assert stage.quota.of("ada") == {"cyclades.network.private": 1}
        stage.run()
        assert stage.quota.of("ada") == {}

    def test_what_others_hold_is_never_given_out(self, stage: Stage) -> None:
        network = a_network(stage)
        reserve(stage, network)
        rest()
        run("reconcile_networks", "--fix-all")
        assert free_and_all(network) == (252, 252)

    def test_a_network_that_no_row_ever_had_stays(self, stage: Stage) -> None:
        stage.world.networks["snf-net-777"] = NetworkFacts(name="snf-net-777")
        stage.world.networks["foreign"] = NetworkFacts(name="foreign")
        (row,) = run("reconcile_networks", "--fix-all")
        assert (row["network"], row["kind"], row["fixed"]) == (777, "orphan", False)
        stage.world.run_jobs()
        assert sorted(stage.world.networks) == ["foreign", "snf-net-777"]

    def test_an_orphan_goes_from_the_cluster(self, stage: Stage) -> None:
        bury(stage, a_network(stage))
        run("reconcile_networks", "--fix-all")
        stage.world.run_jobs()
        assert not stage.world.networks

    def test_what_is_in_motion_is_left_alone(self, stage: Stage) -> None:
        hang(stage, a_network(stage))
        BackendNetwork.objects.update(updated=clock.now())
        assert run("reconcile_networks") == []


class TestPools:
    def test_the_sweep_mends_maps(self, stage: Stage) -> None:
        network = a_private(ADA)
        ports.create(ADA, str(network.id))
        row = IPPool.objects.get()
        row.write(row.read().take(40)[0].put(0))
        sweeps.settle_pools()
        assert run("reconcile_pools") == []
        assert_nothing_leaked(network)

    def test_what_is_kept_for_others_stays_kept(self, stage: Stage) -> None:
        network = a_private(ADA)
        row = IPPool.objects.get()
        row.write(row.read().reserve(7))
        run("reconcile_pools", "--fix")
        assert free_and_all(network) == (252, 252)

    def test_values_that_two_use_are_told(self, stage: Stage) -> None:
        for name in ("one", "two"):
            a_private(ADA, name=name)
        Network.objects.update(mac_prefix="aa:00:1")
        problems = {(row["value"], row["problem"]) for row in run("reconcile_pools", "--fix")}
        assert ("aa:00:1", "used 2 times") in problems

    def test_addresses_that_are_held_twice_are_told(self, stage: Stage) -> None:
        network = a_private(ADA)
        ports.create(ADA, str(network.id))
        assert run("reconcile_networks", "--conflicting-ips") == []
        assert IPAddress.objects.count() == 1
