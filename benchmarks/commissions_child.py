"""The processes of `benchmarks.commissions`: fill, load, and drop a database."""

import itertools
import random
import sys
import time

import django
import msgspec

django.setup()

from django.core.management import call_command  # noqa: E402 - Django is set up first
from django.db import connections, transaction  # noqa: E402

from benchmarks.commissions import RESOURCES, USERS, Outcome  # noqa: E402
from synnefo.astakos.domain.definitions import ResourceDef  # noqa: E402
from synnefo.astakos.models import DATABASE, Holding, User  # noqa: E402
from synnefo.astakos.usecases import commissions, registry, users  # noqa: E402
from synnefo.kit import conf  # noqa: E402
from synnefo.wire.provisions import INF, charges  # noqa: E402


def fill() -> None:
    """Make the tables, the resources and the users."""
    _server("CREATE DATABASE")
    call_command("migrate", database=DATABASE, run_syncdb=True, verbosity=0)
    definitions = [
        ResourceDef(name=name, service_type="bench", service_origin="bench", system_default=INF)
        for name in RESOURCES
    ]
    registry.import_resources(definitions)
    for number in range(USERS):
        user = users.add(users.NewUser(email=f"user{number}@bench.test"))
        users.verify(user)
        users.accept(user)


def drop() -> None:
    """Remove the database of a PostgreSQL server."""
    _server("DROP DATABASE IF EXISTS")


def _server(words: str) -> None:
    name = conf.current().names.get("BENCH_DATABASE")
    if name is None:
        return
    connection = connections[DATABASE]
    connection.close()
    connection.settings_dict["NAME"] = "postgres"
    with connection.cursor() as cursor:
        cursor.execute(f"{words} {name}")
    connection.close()
    connection.settings_dict["NAME"] = name


def load(part: str, begin: float, seconds: float, number: int) -> Outcome:
    """Do one thing again and again until the time is up."""
    chance = random.Random(number)
    uuids = list(User.objects.values_list("uuid", flat=True))
    act = {"peer": _write_plainly, "commission": _commission}[part]
    time.sleep(max(begin - time.time(), 0))
    started = time.monotonic()
    for count in itertools.count(1):
        act(chance.choice(uuids))
        passed = time.monotonic() - started
        if passed >= seconds:
            return Outcome(count, passed)
    raise AssertionError("counting never ends")


def _commission(uuid: str) -> None:
    """Promise 8 provisions and accept them: two calls, as a component makes them."""
    order = commissions.Order(charges(uuid, uuid, dict.fromkeys(RESOURCES, 1)))
    serial = commissions.issue("bench", order)
    commissions.resolve("bench", [serial], [])


def _write_plainly(uuid: str) -> None:
    """Write the same 8 rows in place, once."""
    with transaction.atomic(using=DATABASE):
        rows = Holding.objects.locked([f"user:{uuid}", f"project:{uuid}"], RESOURCES)
        Holding.objects.write_usage(rows)


if __name__ == "__main__":
    if sys.argv[1] in {"fill", "drop"}:
        {"fill": fill, "drop": drop}[sys.argv[1]]()
    else:
        outcome = load(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
        sys.stdout.buffer.write(msgspec.json.encode(outcome))
