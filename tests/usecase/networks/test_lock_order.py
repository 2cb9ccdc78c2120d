"""Many hands on the same servers, networks and addresses: nobody waits in a ring."""

import random
import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connections

from synnefo.cyclades.domain.ports import RequestedNetwork
from synnefo.cyclades.models import Network, QuotaHolderSerial, Server
from synnefo.cyclades.usecases import commissions, floating_ips, plugs, server_actions, servers
from synnefo.cyclades.usecases.floating_ips import FloatingIpOrder
from synnefo.cyclades.usecases.plugs import PortOrder
from synnefo.kit.faults import Fault
from synnefo.serve import errands
from synnefo.serve.statements import is_postgresql
from tests.support.compute import Stage, a_caller
from tests.support.networks import a_private, a_public, assert_nothing_leaked

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA = a_caller()
HANDS = 8
TURNS = 12


class Crowd:
    """Hands that do whatever comes to their mind, on what the others do it on."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.networks = [a_private(ADA, f"192.168.{n}.0/24", f"lan{n}") for n in (7, 8, 9)]
        self.public = a_public(floating_ip_pool=True)
        self.broken: list[BaseException] = []
        self.deeds: list[Callable[[random.Random], object]] = [
            self.create, self.create, self.destroy, self.stop, self.start,
            self.plug, self.unplug, self.reserve, self.let_go, self.work, self.work, self.work,
        ]  # fmt: skip

    def some(self, chance: random.Random) -> str:
        ids = list(Server.objects.filter(deleted=False).values_list("id", flat=True)[:20])
        return str(chance.choice(ids)) if ids else "1"

    def create(self, chance: random.Random) -> None:
        wanted = chance.sample([*self.networks, self.networks[0]], 2)
        asked = tuple(RequestedNetwork(uuid=str(network.id)) for network in wanted)
        servers.create(ADA, self.stage.order(networks=asked, count=chance.choice((1, 1, 2))))

    def destroy(self, chance: random.Random) -> None:
        server_actions.destroy(ADA, self.some(chance), while_building=True)

    def stop(self, chance: random.Random) -> None:
        server_actions.stop(ADA, self.some(chance))

    def start(self, chance: random.Random) -> None:
        server_actions.start(ADA, self.some(chance))

    def plug(self, chance: random.Random) -> None:
        network = chance.choice(self.networks)
        plugs.create(ADA, PortOrder(network_id=str(network.id), server_id=self.some(chance)))

    def unplug(self, chance: random.Random) -> None:
        server = Server.objects.get(id=int(self.some(chance)))
        port = server.ports.first()
        if port is not None:
            plugs.delete_port(ADA, str(port.id))

    def reserve(self, _chance: random.Random) -> None:
        floating_ips.create(ADA, FloatingIpOrder(network_id=str(self.public.id)))

    def let_go(self, _chance: random.Random) -> None:
        held = self.public.addresses.filter(floating_ip=True, port=None).first()
        if held is not None:
            floating_ips.delete(ADA, str(held.id))

    def work(self, chance: random.Random) -> None:
        """Be worker, cluster and dispatcher; news come twice, and in no order."""
        errands.run_due("cyclades", limit=5)
        events = self.stage.world.run_jobs()
        chance.shuffle(events)
        for event in [*events, *events]:
            self.stage.tell(event)

    def hand(self, number: int) -> None:
        chance = random.Random(number)
        try:
            for _turn in range(TURNS):
                self.turn(chance)
        finally:
            connections.close_all()

    def turn(self, chance: random.Random) -> None:
        try:
            chance.choice(self.deeds)(chance)
        except (Fault, Server.DoesNotExist):
            return
        except Exception as error:  # noqa: BLE001 - the test looks at what went wrong
            self.broken.append(error)


def deadlocks() -> int:
    """Ask PostgreSQL how many rings it had to break in this database."""
    with connections["cyclades"].cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_a_crowd_leaves_no_ring_and_no_debt(stage: Stage) -> None:
    crowd = Crowd(stage)
    before = deadlocks() if is_postgresql("cyclades") else 0
    threads = [threading.Thread(target=crowd.hand, args=(n,)) for n in range(HANDS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not [error for error in crowd.broken if isinstance(error, OperationalError)]
    assert not crowd.broken
    if is_postgresql("cyclades"):
        assert deadlocks() == before
    stage.run()
    commissions.ledger().settle(patience=0)
    for network in Network.objects.all():
        assert_nothing_leaked(network)
    living = Server.objects.filter(deleted=False).count()
    assert stage.quota.of("ada").get("cyclades.vm", 0) == living
    assert not QuotaHolderSerial.objects.filter(resolved=False).exists()
    assert not stage.quota.waiting
