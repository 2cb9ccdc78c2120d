"""Quota that ends in the middle of an upload: nothing is stored, nothing stays charged."""

import threading
from collections.abc import Callable, Sequence

import pytest

from synnefo.kit.faults import ItemNotFound, OverLimit, TooLarge
from synnefo.kit.units import MIB
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.sharing import Right
from synnefo.pithos.engines import quota
from synnefo.pithos.models import Allowance
from synnefo.pithos.usecases import containers, garbage, objects, settlements
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.found import look, with_rights
from synnefo.pithos.usecases.objects import Wish
from synnefo.serve.http.auth import Caller
from synnefo.wire.provisions import Provision
from tests.support.pithos import MemoryQuota, a_body, a_caller

pytestmark = pytest.mark.django_db(databases=["pithos"], transaction=True)
ADA = "22222222-2222-4222-8222-222222222222"
PLACE = Place(ADA, "c", "o")


class Slow:
    """A body during which something happens."""

    length: int | None = None

    def __init__(self, size: int, meanwhile: threading.Event, act: Callable[[], None]) -> None:
        self._left = size
        self._meanwhile = meanwhile
        self._act = act

    def fill(self, view: memoryview) -> int:
        """Give bytes; act once, in the middle."""
        if not self._meanwhile.is_set():
            self._meanwhile.set()
            self._act()
        filled = min(len(view), self._left)
        view[:filled] = b"x" * filled
        self._left -= filled
        return filled


@pytest.fixture(autouse=True)
def _container() -> None:
    containers.put(a_caller(ADA), ADA, "c", Order({}, {}))


def charged(ledger: MemoryQuota) -> int:
    settlements.settle_all()
    return ledger.used_by(ADA)


def test_a_body_without_a_length_that_is_too_much(ledger: MemoryQuota) -> None:
    ledger.limit = 5 * MIB
    with pytest.raises(OverLimit):
        objects.put(a_caller(ADA), PLACE, a_body(b"x" * 6 * MIB, announced=None), Wish())
    assert look(PLACE).state is None
    assert charged(ledger) == 0
    assert garbage.collect_blocks(grace=-1, dry_run=False).removed > 0


def test_quota_that_somebody_else_takes_meanwhile(ledger: MemoryQuota) -> None:
    ledger.limit = 8 * MIB

    def other() -> None:
        objects.put(a_caller(ADA), Place(ADA, "c", "p"), a_body(b"y" * 5 * MIB), Wish())

    with pytest.raises(OverLimit):
        objects.put(a_caller(ADA), PLACE, Slow(5 * MIB, threading.Event(), other), Wish())
    assert look(PLACE).state is None
    assert charged(ledger) == 5 * MIB


def test_a_containers_quota_that_is_lowered_meanwhile(ledger: MemoryQuota) -> None:
    def lower() -> None:
        containers.update(a_caller(ADA), ADA, "c", Order({"quota": "10"}, {}))

    with pytest.raises(TooLarge):
        objects.put(a_caller(ADA), PLACE, Slow(2 * MIB, threading.Event(), lower), Wish())
    assert look(PLACE).state is None
    assert charged(ledger) == 0
    seen = containers.totals(containers.container_of(ADA, "c"))
    assert (seen.count, seen.size) == (0, 0)


class Userless(MemoryQuota):
    """A quota service that knows projects, and no user of the account's name."""

    def issue_commission(
        self,
        provisions: Sequence[Provision],
        *,
        name: str = "",
        force: bool = False,
        auto_accept: bool = False,
    ) -> int:
        """Refuse users, as the identity service does."""
        if any(one.holder.startswith("user:") for one in provisions):
            raise ItemNotFound("There is no such user.")
        return super().issue_commission(
            provisions, name=name, force=force, auto_accept=auto_accept
        )


def test_a_projects_own_account_charges_the_project_alone() -> None:
    ledger = Userless()
    with quota.using(ledger):
        objects.put(a_caller(ADA, project=ADA), PLACE, a_body(b"x" * MIB), Wish())
        settlements.settle_all()
        objects.delete(a_caller(ADA, project=ADA), PLACE)
        objects.put(a_caller(ADA, project=ADA), PLACE, a_body(b"x" * 2 * MIB), Wish())
        settlements.settle_all()
    assert ledger.usage == {(f"project:{ADA}", ""): 2 * MIB}
    assert Allowance.objects.get(account=ADA).is_common


def test_members_own_a_projects_account_and_readers_read_it() -> None:
    objects.put(a_caller(ADA), PLACE, a_body(b"text"), Wish())
    person = "33333333-3333-4333-8333-333333333333"
    member = Caller(user_id=person, project_id=ADA, roles=("member", "reader"))
    reader = Caller(user_id=person, project_id=ADA, roles=("reader",))
    stranger = Caller(user_id=person, project_id=person, roles=("member",))
    assert with_rights(member, look(PLACE)).right is Right.OWN
    assert with_rights(reader, look(PLACE)).right is Right.READ
    assert with_rights(stranger, look(PLACE)).right is Right.NONE
    assert with_rights(None, look(PLACE)).right is Right.NONE
