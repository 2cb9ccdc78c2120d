"""Fifty hands at once, some of which die in the middle: no address twice, none lost.

A hand dies at one of its database statements, as a process that is killed: what it has not
committed never was. The quota service hears of it from the settling sweep, as after any crash.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from synnefo.cyclades.domain.ports import RequestedNetwork
from synnefo.cyclades.models import (
    IPAddress,
    Network,
    Port,
    QueuedErrand,
    QuotaHolderSerial,
    Server,
)
from synnefo.cyclades.usecases import (
    commissions,
    floating_ips,
    networks,
    pool_audit,
    ports,
    server_actions,
    servers,
)
from synnefo.cyclades.usecases.floating_ips import FloatingIpOrder
from synnefo.cyclades.usecases.networks import NetworkOrder
from synnefo.kit import clock
from synnefo.serve.errands import Later
from tests.support.compute import Stage, a_caller
from tests.support.networks import (
    a_private,
    a_public,
    assert_nothing_leaked,
    free_and_all,
    together,
)

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA = a_caller()
HANDS = 50


class Killed(BaseException):
    """The process is gone."""


class _Death:
    """Kills whoever runs a statement too many."""

    def __init__(self, statements: int) -> None:
        self.left = statements

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self.left -= 1
        if self.left < 0:
            raise Killed
        return execute(sql, params, many, context)


def mortal(act: Callable[[int], object], *, seed: int) -> Callable[[int], object]:
    """Let every third hand die at some statement, the same ones each time for a seed."""

    def live(number: int) -> object:
        chance = random.Random(seed * 1000 + number)
        if chance.randrange(3):
            return act(number)
        connection = connections["cyclades"]
        try:
            with connection.execute_wrapper(_Death(chance.randrange(1, 25))):
                return act(number)
        except Killed:
            connection.close()
            raise RuntimeError("died") from None

    return live


def bury(stage: Stage) -> None:
    """Do what the sweeps do after crashes, and let everything happen that waits."""
    long_ago = clock.now() - timedelta(minutes=10)
    QuotaHolderSerial.objects.filter(pending=True).update(issued=long_ago)
    for _round in range(6):
        try:
            stage.run()
        except Later:
            continue
        QueuedErrand.objects.update(ready_at=clock.now())
    commissions.ledger().settle(patience=0.0)
    commissions.ledger().settle(patience=0.0)


def assert_whole(*used: Network) -> None:
    """Hold addresses, pools and what is used against each other."""
    for network in used:
        assert_nothing_leaked(network)
    assert pool_audit.audit(fix=False) == []
    assert pool_audit.duplicates() == []
    orphans = IPAddress.objects.filter(port=None, floating_ip=False)
    assert not orphans.exists()


@pytest.mark.parametrize("seed", [1, 2])
def test_servers_come_and_go_while_some_die(stage: Stage, seed: int) -> None:
    network = a_private(ADA, cidr="192.168.7.0/25")
    everything = free_and_all(network)
    order = stage.order(networks=(RequestedNetwork(uuid=str(network.id)),))
    told = Counter(together(HANDS, mortal(lambda _n: servers.create(ADA, order), seed=seed)))
    assert set(told) <= {"made", "RuntimeError"}
    assert told["made"] > HANDS // 2
    assert_whole(network)
    assert Port.objects.count() == Server.objects.count() == IPAddress.objects.count()
    bury(stage)
    living = list(Server.objects.filter(deleted=False).values_list("id", flat=True))
    assert stage.quota.of("ada")["cyclades.vm"] == len(living)

    def destroy(number: int) -> object:
        return server_actions.destroy(ADA, str(living[number]))

    together(len(living), mortal(destroy, seed=seed))
    bury(stage)
    for server_id in Server.objects.filter(deleted=False).values_list("id", flat=True):
        server_actions.destroy(ADA, str(server_id))
    bury(stage)
    assert free_and_all(network) == everything
    assert not Port.objects.exists()
    assert stage.quota.of("ada") == {"cyclades.network.private": 1}


@pytest.mark.parametrize("seed", [3, 4])
def test_floating_ips_and_ports_at_once_while_some_die(stage: Stage, seed: int) -> None:
    public = a_public("10.2.1.0/26", floating_ip_pool=True)
    private = a_private(ADA, cidr="10.9.0.0/26")

    def come_and_go(number: int) -> None:
        if number % 2:
            ip = floating_ips.create(ADA, FloatingIpOrder(network_id=str(public.id)))
            if number % 4 == 1:
                floating_ips.delete(ADA, str(ip.id))
        else:
            port = ports.create(ADA, str(private.id))
            if number % 4 == 0:
                ports.delete(ADA, str(port.id))

    told = Counter(together(HANDS, mortal(come_and_go, seed=seed)))
    assert set(told) <= {"made", "RuntimeError"}
    assert_whole(public, private)
    bury(stage)
    held = IPAddress.objects.live().floating().count()
    assert stage.quota.of("ada").get("cyclades.floating_ip", 0) == held


@pytest.mark.parametrize("seed", [5, 6])
def test_networks_at_once_share_no_mac_prefix_while_some_die(stage: Stage, seed: int) -> None:
    def come_and_go(number: int) -> None:
        network = networks.create(ADA, NetworkOrder(name=f"n{number}"))
        if number % 2:
            networks.delete(ADA, str(network.id))

    told = Counter(together(HANDS, mortal(come_and_go, seed=seed)))
    assert set(told) <= {"made", "RuntimeError"}
    prefixes = Network.objects.live().values_list("mac_prefix", flat=True)
    assert len(set(prefixes)) == len(prefixes)
    assert_whole()
    bury(stage)
    assert stage.quota.of("ada")["cyclades.network.private"] == len(prefixes)
