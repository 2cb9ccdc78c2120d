"""Processes killed at every step of what changes the ledger. Spec: identity 21.3."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from synnefo.astakos.models import (
    DATABASE,
    Commission,
    Holding,
    ProvisionLog,
    ProvisionRow,
    plain_book,
    prepared_book,
)
from synnefo.astakos.models.book import Broken
from synnefo.astakos.usecases import commissions
from synnefo.astakos.usecases.commissions import Order
from synnefo.wire.provisions import charges
from tests.support import django_settings
from tests.support.astakos import a_resource, a_user

ROOT = Path(django_settings.__file__).parents[2]
VM, CPU = "cyclades.vm", "cyclades.cpu"
BEFORE, AFTER = "before", "after"


def test_of_1000_mixed_operations_with_every_fifth_process_killed_nothing_drifts() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.usecase.astakos.mixed_load", "50", "20"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["errors"] == []
    assert told["problems"] == []
    assert told["killed"] == 10
    assert told["verdicts"] > 200


@pytest.mark.django_db(databases=[DATABASE], transaction=True)
class TestDeaths:
    """One operation, killed before and after each of its statements in turn."""

    @pytest.mark.parametrize("at_once", [False, True])
    def test_a_death_while_promising_leaves_all_or_nothing(self, at_once: bool) -> None:
        order = _order(at_once=at_once)
        clean = _standing()
        for standing in _deaths(lambda: commissions.issue("cyclades", order)):
            if at_once:
                assert standing in (clean, _accepted())
                _start_anew()
            else:
                assert standing in (clean, _pending())
                commissions.resolve("cyclades", [], commissions.pending("cyclades"))
                assert _standing() == clean

    @pytest.mark.parametrize("accept", [True, False])
    def test_a_death_while_settling_is_made_good_by_the_sweep(self, accept: bool) -> None:
        order = _order()
        wanted = _accepted() if accept else _standing()

        def settle() -> None:
            waiting = commissions.pending("cyclades")
            commissions.resolve("cyclades", waiting if accept else [], [] if accept else waiting)

        commissions.issue("cyclades", order)
        for standing in _deaths(settle):
            assert standing in (_pending(), wanted)
            settle()
            assert _standing() == wanted
            assert ProvisionLog.objects.count() == 4
            _start_anew()
            commissions.issue("cyclades", order)

    def test_a_vanished_holding_stops_the_verdict_and_changes_nothing(self) -> None:
        order = _order()
        serial = commissions.issue("cyclades", order)
        Holding.objects.filter(resource=CPU, source="").delete()
        before = _standing()
        with pytest.raises(Broken, match="missing"):
            commissions.resolve("cyclades", [serial], [])
        assert _standing() == before
        assert ProvisionRow.objects.count() == 4
        assert not ProvisionLog.objects.exists()


def _order(*, at_once: bool = False) -> Order:
    for name in (VM, CPU):
        a_resource(name, limit=5)
    user = a_user()
    return Order(charges(user.uuid, user.uuid, {VM: 2, CPU: 3}), auto_accept=at_once)


def _standing() -> list[tuple[int, ...]]:
    rows = Holding.objects.filter(limit=5).order_by("resource")
    waiting = Commission.objects.count()
    return sorted({(row.usage_min, row.usage_max, waiting) for row in rows})


def _pending() -> list[tuple[int, ...]]:
    return [(0, 2, 1), (0, 3, 1)]


def _accepted() -> list[tuple[int, ...]]:
    return [(2, 2, 0), (3, 3, 0)]


def _start_anew() -> None:
    Holding.objects.update(usage_min=0, usage_max=0)
    ProvisionLog.objects.all().delete()


def _deaths(operation: Callable[[], object]) -> Any:
    """Kill an operation at each statement; yield what then stands, until it has no more."""
    for moment in (BEFORE, AFTER):
        step = 1
        while _dies(operation, step, moment):
            yield _standing()
            step += 1
        assert step > 1
        yield _standing()


def _dies(operation: Callable[[], object], step: int, moment: str) -> bool:
    connections.close_all()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _arm(step, moment)
            operation()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 7)
    return code == 7


def _arm(step: int, moment: str) -> None:
    """Make this process die around its statement `step`."""
    fetch, count = plain_book.fetch, 0

    def counted(*arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count == step and moment == BEFORE:
            os._exit(7)
        rows = fetch(*arguments)
        if count == step:
            os._exit(7)
        return rows

    plain_book.fetch = prepared_book.fetch = counted  # type: ignore[assignment]
