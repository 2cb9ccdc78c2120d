"""Rules of containers are applied when their time has come, and only then."""

import pytest

from synnefo.pithos.domain.lifecycles import DAY
from synnefo.pithos.domain.places import Place
from synnefo.pithos.usecases import containers, lifecycles, objects, version_removal
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.content import Lines
from synnefo.pithos.usecases.found import look, microseconds
from synnefo.pithos.usecases.history import versions
from synnefo.pithos.usecases.objects import Wish
from tests.support.pithos import MemoryQuota, a_caller

pytestmark = pytest.mark.django_db(databases=["pithos"], transaction=True)
ADA = "11111111-1111-4111-8111-111111111111"


def put(name: str, body: bytes = b"x", container: str = "c") -> Place:
    place = Place(ADA, container, name)
    objects.put(a_caller(ADA), place, Lines(body), Wish())
    return place


def rule(**what: object) -> None:
    known = [{"name": "r", "is_on": True, "prefix": "", **what}]
    containers.set_rules(a_caller(ADA), ADA, "c", {lifecycles.KEY: known})


@pytest.fixture(autouse=True)
def _container(ledger: MemoryQuota) -> None:
    containers.put(a_caller(ADA), ADA, "c", Order({}, {}))


def later(days: float) -> int:
    return microseconds() + int(days * DAY)


def test_old_objects_go_and_young_ones_and_others_stay() -> None:
    old, other = put("tmp/old"), put("kept")
    rule(prefix="tmp/", days=2)
    assert lifecycles.apply_all(later(1.9)) == 0
    assert lifecycles.apply_all(later(2.1)) == 1
    assert look(old).state is None
    assert look(other).state is not None


def test_a_rule_that_is_off_does_nothing() -> None:
    put("o")
    rule(days=1, is_on=False)
    assert lifecycles.apply_all(later(10)) == 0


def test_former_versions_go_some_days_after_they_were_replaced() -> None:
    place = put("o", b"one")
    put("o", b"two")
    rule(former_days=3)
    assert lifecycles.apply_all(later(2.9)) == 0
    assert len(versions(look(place))) == 2
    assert lifecycles.apply_all(later(3.1)) == 1
    assert [one.size for one in versions(look(place))] == [3]


def test_uploads_that_were_never_ended_are_given_up() -> None:
    containers.put(a_caller(ADA), ADA, "c+segments", Order({"versioning": "none"}, {}))
    record = put(f"key/{'a' * 32}", b"", "c+segments")
    part = put(f"key/{'a' * 32}/00001", b"part", "c+segments")
    rule(upload_days=1)
    assert lifecycles.apply_all(later(1.1)) == 1
    assert (look(record).state, look(part).state) == (None, None)


def test_going_back_counts_and_charges_right(ledger: MemoryQuota) -> None:
    caller, place = a_caller(ADA), put("o", b"12345")
    first = look(place).object.serial
    put("o", b"1")
    second = look(place).object.serial
    version_removal.drop(caller, place, str(second))
    seen = containers.totals(containers.container_of(ADA, "c"))
    assert (look(place).object.serial, seen.count, seen.size) == (first, 1, 5)
    version_removal.drop(caller, place, str(first))
    seen = containers.totals(containers.container_of(ADA, "c"))
    assert (look(place).state, seen.count, seen.size) == (None, 0, 0)
