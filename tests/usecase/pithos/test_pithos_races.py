"""Many at once, disks that are full, and quota that is exact all the same."""

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from django.db import connections

from synnefo.blocks.durable import DISK
from synnefo.blocks.filed import FiledStore
from synnefo.clients.astakos import Resolved
from synnefo.kit.faults import Fault, InsufficientStorage, OverLimit, PreconditionFailed
from synnefo.pithos.domain.conditions import Conditions
from synnefo.pithos.domain.places import Place
from synnefo.pithos.engines import blocks
from synnefo.pithos.models import Node, SmallBlock, Version
from synnefo.pithos.usecases import containers, content, copies, objects, settlements
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.copies import Route
from synnefo.pithos.usecases.found import look
from synnefo.pithos.usecases.objects import Wish
from tests.support.pithos import MemoryQuota, a_body, a_caller

pytestmark = pytest.mark.django_db(databases=["pithos"], transaction=True)
ADA = "11111111-1111-4111-8111-111111111111"
KIB = 1024


def make(container: str = "c") -> None:
    containers.put(a_caller(ADA), ADA, container, Order({}, {}))


def put(name: str, data: bytes, **wish: object) -> None:
    objects.put(a_caller(ADA), Place(ADA, "c", name), a_body(data), Wish(**wish))  # type: ignore[arg-type]


def at_once(*calls: Callable[[], object]) -> list[Fault | None]:
    """Run calls in threads that start together; answer what each failed with."""
    outcomes: list[Fault | None] = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def run(number: int) -> None:
        gate.wait()
        try:
            calls[number]()
        except Fault as fault:
            outcomes[number] = fault
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_quota_is_exact_under_concurrency(ledger: MemoryQuota) -> None:
    make()
    ledger.limit = 5 * 4 * KIB
    calls = [lambda n=n: put(f"n{n}", bytes([n + 1]) * 4 * KIB) for n in range(24)]  # type: ignore[misc]
    outcomes = at_once(*calls)
    assert sum(one is None for one in outcomes) == 5
    assert all(isinstance(one, OverLimit) for one in outcomes if one)
    settlements.settle_all()
    assert (ledger.used_by(ADA), ledger.pending) == (5 * 4 * KIB, {})
    assert Node.objects.filter(current__isnull=False).count() == 5


def test_a_settlement_counts_nothing_twice(ledger: MemoryQuota) -> None:
    make()
    put("n", b"x" * 4 * KIB)
    (held,) = ledger.pending.values()
    promised = held[0]
    seen = []
    resolve = ledger.resolve_commissions

    def watched(accept: Iterable[int] = (), reject: Iterable[int] = ()) -> Resolved:
        seen.append(ledger.most(promised))
        done = resolve(accept, reject)
        seen.append(ledger.most(promised))
        return done

    ledger.resolve_commissions = watched  # type: ignore[method-assign]
    settlements.settle_all()
    assert promised.quantity > 4 * KIB
    assert max(seen) == promised.quantity
    assert (ledger.used_by(ADA), ledger.pending) == (4 * KIB, {})


def test_of_two_who_want_to_be_first_exactly_one_is() -> None:
    make()
    first = Conditions(none_match=frozenset({"*"}))
    calls = [lambda n=n: put("same", b"%d" % n, conditions=first) for n in range(8)]  # type: ignore[misc]
    outcomes = at_once(*calls)
    assert sum(one is None for one in outcomes) == 1
    assert all(isinstance(one, PreconditionFailed) for one in outcomes if one)


def test_uploads_of_one_name_at_once_leave_one_whole_object(ledger: MemoryQuota) -> None:
    make()
    bodies = [bytes([n + 1]) * (300 * KIB + n) for n in range(6)]
    assert at_once(*[lambda b=b: put("same", b) for b in bodies]) == [None] * 6  # type: ignore[misc]
    state = look(Place(ADA, "c", "same")).object
    assert state.size in {len(body) for body in bodies}
    assert Version.objects.count() == 6
    settlements.settle_all()
    assert ledger.used_by(ADA) == state.size
    seen = containers.totals(containers.container_of(ADA, "c"))
    assert (seen.count, seen.size) == (1, state.size)


def test_crossing_moves_do_not_stand_in_each_others_way(ledger: MemoryQuota) -> None:
    make()
    make("d")
    for number in range(6):
        put(f"n{number}", b"x" * 10)
    ada = a_caller(ADA)

    def move(number: int) -> Callable[[], object]:
        here, there = Place(ADA, "c", f"n{number}"), Place(ADA, "d", f"n{5 - number}")
        return lambda: copies.transfer(ada, Route(source=here, target=there, is_move=True), Wish())

    assert at_once(*[move(number) for number in range(6)]) == [None] * 6
    settlements.settle_all()
    assert ledger.used_by(ADA) == 60
    assert containers.totals(containers.container_of(ADA, "d")).count == 6


class FullDisk:
    """A medium without room for anything that is to last."""

    def sync_file(self, fd: int) -> None:
        raise OSError(28, "No space left on device")

    def sync_directory(self, path: Path) -> None:
        DISK.sync_directory(path)


@pytest.fixture
def full(storage: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A block store that is full."""
    found = FiledStore(storage, medium=FullDisk())
    monkeypatch.setattr(blocks, "store", lambda: found)
    yield


@pytest.mark.parametrize("size", [100 * KIB, 9 * 1024 * KIB])
@pytest.mark.usefixtures("full")
def test_a_full_disk_is_told_and_nothing_is_half_done(size: int, ledger: MemoryQuota) -> None:
    make()
    with pytest.raises(InsufficientStorage, match="full"):
        put("a", bytes(range(1, 251)) * (size // 250))
    assert not Node.objects.exists()
    assert list(content.blocks.store().names()) == []
    settlements.settle_all()
    assert (ledger.used_by(ADA), ledger.pending) == (0, {})


def test_small_blocks_go_when_nobody_needs_them() -> None:
    make()
    put("a", b"small")
    put("b", b"small")
    objects.delete(a_caller(ADA), Place(ADA, "c", "a"))
    assert SmallBlock.objects.count() == 1
    assert content.missing([look(Place(ADA, "c", "b")).object.hash]) == []
    assert len(list(blocks.store().names())) == 1
