"""A program that works on quota and projects with many processes, some of them killed.

Usage: python -m tests.usecase.astakos.mixed_load PROCESSES OPERATIONS. Each process does so many
operations; every fifth is killed somewhere in the middle. Prints what is wrong afterwards, as
JSON.

Each process keeps a journal as a component keeps its table of serials: a verdict is written
there before it is told to the ledger. What the sweep then does is what a component's does.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - Django is set up first
from django.db import connections  # noqa: E402

from synnefo.astakos.domain.memberships import MembershipAction  # noqa: E402
from synnefo.astakos.domain.projects import ProjectAction  # noqa: E402
from synnefo.astakos.models import (  # noqa: E402
    DATABASE,
    Commission,
    Holding,
    Project,
    ProjectMembership,
)
from synnefo.astakos.usecases import (  # noqa: E402
    commissions,
    limits,
    memberships,
    project_checks,
    project_states,
)
from synnefo.kit.faults import Fault  # noqa: E402
from synnefo.wire.provisions import Provision, charges  # noqa: E402
from tests.support.astakos import a_project, a_resource, a_user  # noqa: E402

CLIENT = "mixed"
RESOURCES = ("cyclades.vm", "cyclades.cpu", "cyclades.ram")
LIMIT = 60
AT_ONCE = 4
ENDLESS = 1_000_000
"""Operations of a process that is killed in their midst."""


class World:
    """Six people in three projects."""

    def __init__(self) -> None:
        for name in RESOURCES:
            a_resource(name, limit=LIMIT)
        self.people = [a_user() for _ in range(6)]
        self.projects = [a_project(*self.people, limit=LIMIT) for _ in range(3)]


class Worker:
    """One process: operations by chance, and the journal of its verdicts."""

    def __init__(self, world: World, seed: int, journal: Path) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def work(self, operations: int) -> None:
        """Do so many operations."""
        acts = [self.commission] * 7 + [self.seat, self.pause, self.resize]
        for _ in range(operations):
            with suppress(Fault):
                self.chance.choice(acts)()

    def commission(self) -> None:
        """Promise something, decide, and tell the ledger."""
        person, project = self.chance.choice(self.world.people), self._project()
        sign = -1 if self.chance.random() < 0.3 else 1
        amounts = {name: sign * self.chance.randint(1, 3) for name in RESOURCES}
        provisions = charges(person.uuid, project.uuid, amounts)
        serial = commissions.issue(CLIENT, commissions.Order(provisions))
        accept = self.chance.random() < 0.8
        rows = [[one.holder, one.source, one.resource, one.quantity] for one in provisions]
        os.write(self.journal, json.dumps([serial, accept, rows]).encode() + b"\n")
        commissions.resolve(CLIENT, [serial] if accept else [], [] if accept else [serial])

    def seat(self) -> None:
        """Take somebody out of a project, or back in."""
        person, project = self.chance.choice(self.world.people), self._project()
        seat = ProjectMembership.objects.filter(person=person, project=project).first()
        if seat is not None and self.chance.random() < 0.5:
            memberships.act(seat, MembershipAction.REMOVE)
        else:
            memberships.enroll(project, person.email)

    def pause(self) -> None:
        """Suspend a project, and let it go on."""
        project = self._project()
        project_states.act(project, ProjectAction.SUSPEND)
        project_states.act(project, ProjectAction.UNSUSPEND)

    def resize(self) -> None:
        """Synchronise a project's limits with the ledger."""
        limits.sync([self._project()])

    def _project(self) -> Project:
        return self.chance.choice(self.world.projects)


def run(world: World, processes: int, operations: int, folder: Path) -> int:
    """Work with several processes at a time; answer how many were killed."""
    chance, killed = random.Random(1), 0
    running: dict[int, int] = {}
    connections.close_all()
    for number in range(processes):
        is_doomed = number % 5 == 0
        running[_start(world, number, ENDLESS if is_doomed else operations, folder)] = number
        if is_doomed:
            time.sleep(chance.uniform(0.01, 0.15))
            os.kill(max(running, key=lambda pid: running[pid]), signal.SIGKILL)
        while len(running) >= AT_ONCE or (number == processes - 1 and running):
            pid, status = os.wait()
            running.pop(pid)
            killed += os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    return killed


def _start(world: World, number: int, operations: int, folder: Path) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        Worker(world, number, folder / f"{number}").work(operations)
        code = 0
    except Exception as error:  # noqa: BLE001 - told to the parent, whatever it is
        (folder / f"error-{number}").write_text(repr(error))
    finally:
        os._exit(code)


def sweep(verdicts: dict[int, bool]) -> None:
    """Do what a component's sweep does: tell the verdicts again, reject what has none."""
    waiting = commissions.pending(CLIENT)
    accept = [serial for serial in waiting if verdicts.get(serial)]
    commissions.resolve(CLIENT, accept, [serial for serial in waiting if serial not in accept])
    project_checks.settle()


def problems(accepted: list[Provision]) -> list[str]:
    """Compare the ledger with the journals, with itself and with the projects."""
    wanted: Counter[tuple[str, str, str]] = Counter()
    for one in accepted:
        wanted[one.holder, one.source or "", one.resource] += one.quantity
    found = [f"{n} still pending" for n in [Commission.objects.count()] if n]
    pools: Counter[tuple[str, str]] = Counter()
    for row in Holding.objects.all():
        if not row.usage_min == row.usage_max == wanted[row.key]:
            found.append(f"{row}: {row.usage_min} {row.usage_max}, wanted {wanted[row.key]}")
        sign = 1 if row.source else -1
        pools[row.source or row.holder, row.resource] += sign * row.usage_max
    found += [f"{key}: members and project differ by {n}" for key, n in pools.items() if n]
    return found + [str(one) for one in (*limits.verify(), *project_checks.miscounts())]


def main(processes: int, operations: int) -> None:
    """Work, sweep, compare."""
    with _database(), tempfile.TemporaryDirectory() as made:
        call_command("migrate", database=DATABASE, verbosity=0)
        folder, world = Path(made), World()
        killed = run(world, processes, operations, folder)
        errors = [file.read_text() for file in folder.glob("error-*")]
        notes = [
            json.loads(line)
            for file in folder.glob("[0-9]*")
            for line in file.read_text().splitlines()
        ]
        sweep({serial: accept for serial, accept, _ in notes})
        accepted = [Provision(*one) for _, accept, rows in notes if accept for one in rows]
        told = {"killed": killed, "verdicts": len(notes), "errors": errors}
        print(json.dumps({**told, "problems": problems(accepted)}))


class _database:  # noqa: N801 - used like a function
    """A database of this process alone, where the tests run on PostgreSQL."""

    def __init__(self) -> None:
        self.connection = connections[DATABASE]
        self.name = f"mixed_{os.getpid()}"
        self.own = self.connection.vendor == "postgresql"

    def __enter__(self) -> None:
        if self.own:
            self._server(f"CREATE DATABASE {self.name}")
            self.connection.settings_dict["NAME"] = self.name

    def __exit__(self, *_: object) -> None:
        connections.close_all()
        if self.own:
            self.connection.settings_dict["NAME"] = "postgres"
            self._server(f"DROP DATABASE {self.name} WITH (FORCE)")

    def _server(self, words: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(words)
        self.connection.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
