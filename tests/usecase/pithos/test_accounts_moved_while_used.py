"""Accounts are merged and removed while others write to them: nothing is lost or miscounted."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from synnefo.kit.faults import Conflict, ItemNotFound
from synnefo.pithos.domain.places import Place
from synnefo.pithos.models import Account, Container, Node
from synnefo.pithos.usecases import (
    account_merges,
    account_removal,
    containers,
    objects,
    reconciliation,
    totals,
)
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.objects import Wish
from tests.support.pithos import MemoryQuota, a_body, a_caller

pytestmark = pytest.mark.django_db(databases=["pithos"], transaction=True)
ADA = "aaaaaaaa-1111-4111-8111-111111111111"
BOB = "bbbbbbbb-2222-4222-8222-222222222222"
ROUNDS = 12


@pytest.fixture(autouse=True)
def _containers() -> None:
    for account in (ADA, BOB):
        containers.put(a_caller(account), account, "c", Order({}, {}))


def write(account: str, writer: int) -> None:
    """Make objects under names that others use, too, and delete some."""
    for number in range(ROUNDS):
        place = Place(account, "c", f"n{(number + writer) % 5}")
        body = a_body(bytes([writer]) * (number + 1))
        objects.put(a_caller(account), place, body, Wish())
        if number % 4 == 3:
            try:
                objects.delete(a_caller(account), place)
            except ItemNotFound:
                continue


def at_once(*calls: Callable[[], object]) -> list[Exception]:
    """Run calls in threads that start together; answer what they failed with."""
    failures: list[Exception] = []
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        gate.wait()
        try:
            call()
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def merge_often() -> None:
    for _ in range(6):
        try:
            account_merges.merge(ADA, BOB)
        except Conflict:
            continue


def test_merges_lose_and_miscount_nothing(ledger: MemoryQuota) -> None:
    writers = [
        lambda account=account, number=number: write(account, number)  # type: ignore[misc]
        for account in (ADA, BOB)
        for number in (1, 2)
    ]
    assert at_once(*writers, merge_often) == []
    account_merges.merge(ADA, BOB)
    assert not Node.objects.filter(container__account=ADA).exists()
    assert totals.differences() == []
    assert reconciliation.differences(None, None) == []
    assert ledger.used_by(ADA) == 0
    assert ledger.used_by(BOB) > 0


def test_a_removal_leaves_nothing_charged(ledger: MemoryQuota) -> None:
    failures = at_once(
        lambda: write(ADA, 1), lambda: write(BOB, 2), lambda: account_removal.remove(ADA)
    )
    assert all(isinstance(one, ItemNotFound | Conflict) for one in failures), failures
    if Container.objects.filter(account=ADA).exists():
        account_removal.remove(ADA)
    assert not Container.objects.filter(account=ADA).exists()
    assert not Account.objects.filter(name=ADA).exists()
    assert totals.differences() == []
    assert reconciliation.differences(None, None) == []
    assert ledger.used_by(ADA) == 0
