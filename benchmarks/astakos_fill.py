"""Fills the database of an Astakos under measurement; prints what there is as JSON.

usage: python -m benchmarks.astakos_fill [--few N] [--users N] [--projects N] [--resources N]
"""

import argparse
import sys

import django
import msgspec

django.setup()

from django.core.management import call_command  # noqa: E402 - Django is set up first
from django.db import connections, transaction  # noqa: E402

from benchmarks.astakos_web import PASSWORD, RESOURCES, Filled, Person  # noqa: E402
from synnefo.astakos.domain.definitions import ResourceDef  # noqa: E402
from synnefo.astakos.models import (  # noqa: E402
    DATABASE,
    Project,
    ProjectMembership,
    User,
)
from synnefo.astakos.models.projects import MembershipState, ProjectState  # noqa: E402
from synnefo.astakos.usecases import passwords, registry, users  # noqa: E402
from synnefo.kit.clock import now  # noqa: E402
from synnefo.kit.ids import new_uuid  # noqa: E402

PIECE = 2000
LIMIT = 10**12
BUSY = 50
"""Projects of somebody who is in many."""
_GRANTS = """
INSERT INTO astakos_projectresourcequota
    (project_id, resource_id, project_capacity, member_capacity)
SELECT p.id, r.id, %s, %s FROM astakos_project p CROSS JOIN astakos_resource r
WHERE NOT EXISTS (SELECT 1 FROM astakos_projectresourcequota g WHERE g.project_id = p.id)
"""
_POOLS = """
INSERT INTO astakos_holding (holder, source, resource, "limit", usage_min, usage_max)
SELECT 'project:' || p.uuid, '', r.name, g.project_capacity, 0, 0
FROM astakos_projectresourcequota g JOIN astakos_project p ON p.id = g.project_id
JOIN astakos_resource r ON r.id = g.resource_id
ON CONFLICT DO NOTHING
"""
_SEATS = """
INSERT INTO astakos_holding (holder, source, resource, "limit", usage_min, usage_max)
SELECT 'user:' || u.uuid, 'project:' || p.uuid, r.name, g.member_capacity, 0, 0
FROM astakos_projectmembership m JOIN astakos_user u ON u.id = m.person_id
JOIN astakos_project p ON p.id = m.project_id
JOIN astakos_projectresourcequota g ON g.project_id = p.id
JOIN astakos_resource r ON r.id = g.resource_id
ON CONFLICT DO NOTHING
"""


def registry_and_people(few: int, resources: int) -> Filled:
    """Make the tables, resources, a component, and a few people as the product makes them."""
    call_command("migrate", database=DATABASE, run_syncdb=True, verbosity=0)
    definitions = [
        ResourceDef(name=name, service_type="bench", service_origin="bench", system_default=LIMIT)
        for name in [*RESOURCES, *(f"bench.s{at}" for at in range(len(RESOURCES), resources))]
    ]
    registry.import_resources(definitions)
    _, token = registry.add_component("bench", base_url="http://127.0.0.1:9/bench")
    people = []
    for number in range(few):
        wanted = users.NewUser(email=f"someone{number}@bench.test", password=PASSWORD)
        user = users.add(wanted)
        users.verify(user)
        users.accept(user)
        people.append(Person(user.uuid, user.email))
    return Filled(token, people, [])


def crowd(count: int) -> None:
    """Add many accepted people with their system projects."""
    hashed = passwords.hash_password(PASSWORD)
    for first in range(0, count, PIECE):
        uuids = [new_uuid() for _ in range(first, min(first + PIECE, count))]
        projects = Project.objects.bulk_create(
            [_project(uuid, f"system:{uuid}", is_base=True) for uuid in uuids]
        )
        made = User.objects.bulk_create(
            [
                _person(uuid, f"crowd{first + at}@bench.test", hashed, projects[at])
                for at, uuid in enumerate(uuids)
            ]
        )
        ProjectMembership.objects.bulk_create(
            [_seat(person, project) for person, project in zip(made, projects, strict=True)]
        )


def shared(count: int, seats: int) -> list[str]:
    """Add many shared projects, each with a few members."""
    people = list(User.objects.order_by("pk").values_list("pk", flat=True))
    uuids: list[str] = []
    for first in range(0, count, PIECE):
        part = [
            _project(new_uuid(), f"p{first + at}.bench.test", is_base=False)
            for at in range(min(PIECE, count - first))
        ]
        made = Project.objects.bulk_create(part)
        rows = [
            ProjectMembership(
                person_id=person,
                project=project,
                state=MembershipState.ACCEPTED,
                initialized=True,
            )
            for at, project in enumerate(made)
            for person in _members(people, first + at, seats)
        ]
        ProjectMembership.objects.bulk_create(rows, batch_size=PIECE)
        uuids += [project.uuid for project in made]
    return uuids


def _members(people: list[int], number: int, seats: int) -> set[int]:
    """Pick a project's members by its number; the first person is in the first fifty."""
    found = {people[(7919 * number + seat) % len(people)] for seat in range(seats)}
    return found | {people[0]} if number < BUSY else found


def limits() -> None:
    """Give every project its limits and every holder the holdings that follow from them."""
    with transaction.atomic(using=DATABASE), connections[DATABASE].cursor() as cursor:
        cursor.execute(_GRANTS, [LIMIT, LIMIT])
        cursor.execute(_POOLS)
        cursor.execute(_SEATS)
    with connections[DATABASE].cursor() as cursor:
        cursor.execute("ANALYZE")


def _project(uuid: str, name: str, *, is_base: bool) -> Project:
    return Project(
        uuid=uuid,
        realname=name[:80],
        name=name[:80],
        state=ProjectState.NORMAL,
        end_date=now().replace(year=2100),
        is_base=is_base,
    )


def _person(uuid: str, email: str, hashed: str, project: Project) -> User:
    moment = now()
    return User(
        uuid=uuid,
        username=email,
        email=email,
        password=hashed,
        is_active=True,
        email_verified=True,
        verified_at=moment,
        moderated=True,
        moderated_at=moment,
        accepted_email=email,
        base_project=project,
        default_project=project,
    )


def _seat(person: User, project: Project) -> ProjectMembership:
    return ProjectMembership(
        person=person, project=project, state=MembershipState.ACCEPTED, initialized=True
    )


def main() -> None:
    """Fill as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=64)
    parser.add_argument("--users", type=int, default=0)
    parser.add_argument("--projects", type=int, default=0)
    parser.add_argument("--resources", type=int, default=len(RESOURCES))
    parser.add_argument("--seats", type=int, default=5)
    options = parser.parse_args()
    filled = registry_and_people(options.few, options.resources)
    crowd(options.users)
    filled.projects = shared(options.projects, options.seats)[:64]
    limits()
    sys.stdout.buffer.write(msgspec.json.encode(filled) + b"\n")


if __name__ == "__main__":
    main()
