"""Totals of containers are the sums of what is in them; where they are not, it is told."""

from io import StringIO

import pytest
from django.core.management import call_command

from synnefo.pithos.domain.places import Place
from synnefo.pithos.models import Tally
from synnefo.pithos.usecases import containers, objects, totals
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.objects import Wish
from synnefo.pithos.usecases.totals import Totals
from tests.support.pithos import a_body, a_caller

pytestmark = pytest.mark.django_db(databases=["pithos"])
ADA = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(autouse=True)
def some_history() -> None:
    """A container with objects, former versions and deleted ones."""
    containers.put(a_caller(ADA), ADA, "c", Order({}, {}))
    for name, size in (("a", 10), ("b", 20), ("a", 30), ("c", 40)):
        objects.put(a_caller(ADA), Place(ADA, "c", name), a_body(bytes(size)), Wish())
    objects.delete(a_caller(ADA), Place(ADA, "c", "c"))


def told(*words: str) -> str:
    out = StringIO()
    call_command("reconcile_statistics_pithos", *words, stdout=out)
    return out.getvalue()


def test_totals_are_sums() -> None:
    assert totals.differences() == []
    assert "Everything in sync" in told()


def test_wrong_totals_are_shown_and_corrected() -> None:
    Tally.objects.filter(population__gt=0).update(population=77, size=5)
    (found,) = totals.differences(ADA)
    assert found.real == Totals(2, 50, 50)
    assert "77" in told() or "154" in told()
    assert "Corrected" in told("--fix")
    assert totals.differences() == []
    assert totals.differences("nobody") == []
