"""PostgreSQL is killed under load: what was acknowledged is there afterwards, and nothing else."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from benchmarks import postgres
from tests.e2e.faults import clouds
from tests.e2e.faults.clouds import FAKE, PLENTY, RESOURCES, Person, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.needs_postgres]

BRICKS = ("astakos", "pithos", "cyclades")
HANDS = 6
SETTLE = """
import django
django.setup()
from synnefo.cyclades.usecases import commissions
commissions.ledger().settle(patience=0)
"""


class Hurt:
    """A cloud, its database, and what its user was promised."""

    def __init__(self, cloud: clouds.Cloud, server: postgres.Server) -> None:
        self.cloud, self.server = cloud, server
        self.user = clouds.person(cloud)
        self.made: list[str] = []
        self.removed: list[str] = []
        self.stopping = threading.Event()

    def hand(self, order: dict[str, object]) -> None:
        """Make servers, delete every third, and remember only what was acknowledged."""
        person = Person(self.cloud, {"token": self.user.token, "project": self.user.project})
        while not self.stopping.is_set():
            answer = person.once("POST", "/cyclades/compute/v2.1/servers", order)
            if answer.status != 202:
                time.sleep(0.05)
                continue
            made = json.loads(answer.body)["server"]["id"]
            self.made.append(made)
            if int(made) % 3 == 0:
                gone = person.once("DELETE", f"/cyclades/compute/v2.1/servers/{made}")
                if gone.status == 204:
                    self.removed.append(made)

    def settle(self) -> None:
        """Do at once what the sweep about promises does after a while."""
        environment = {**os.environ, "SYNNEFO_SETTINGS_DIR": str(self.cloud.data / "conf")}
        environment["DJANGO_SETTINGS_MODULE"] = "synnefo.webproject.django_settings"
        subprocess.run([sys.executable, "-c", SETTLE], env=environment, check=True)


@pytest.fixture(scope="module")
def hurt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hurt]:
    """A cloud on a PostgreSQL of its own, one brick of it over a pool of connections."""
    with postgres.running() as server:
        for name in BRICKS:
            server.create(name)
        entries = {name: server.entry(name) for name in BRICKS}
        entries["cyclades"]["OPTIONS"] = {"synnefo_poolsize": 8}
        conf = f"{FAKE}\nDATABASES = {entries!r}\n"
        with clouds.running(tmp_path_factory.mktemp("pg") / "c", conf) as cloud:
            yield Hurt(cloud, server)


def test_a_killed_database_loses_nothing_that_was_acknowledged(hurt: Hurt) -> None:
    clouds.limit(hurt.cloud, hurt.user, dict.fromkeys(RESOURCES, PLENTY))
    order = hurt.user.order("load")
    hands = [threading.Thread(target=hurt.hand, args=(order,)) for _ in range(HANDS)]
    for hand in hands:
        hand.start()
    wait_for(lambda: len(hurt.made) >= 20, lambda: hurt.made)
    hurt.server.crash()
    before = len(hurt.made)
    hurt.server.revive()
    wait_for(lambda: len(hurt.made) >= before + 20, lambda: hurt.made)
    hurt.stopping.set()
    for hand in hands:
        hand.join()

    expected = set(hurt.made) - set(hurt.removed)
    wait_for(hurt.user.settled("ACTIVE"), hurt.user.states, within=120)
    wait_for(
        lambda: not set(hurt.removed) & {one["id"] for one in hurt.user.servers()},
        hurt.user.states,
    )
    there = {one["id"] for one in hurt.user.servers()}
    assert expected <= there
    assert len(there - expected) <= HANDS  # orders that were carried out, but not answered
    hurt.settle()
    wait_for(lambda: not hurt.user.quota("cyclades.vm")["pending"], hurt.user.states)
    assert hurt.user.quota("cyclades.vm")["usage"] == len(there)
