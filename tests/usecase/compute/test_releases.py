"""Giving quota back that the quota service has not heard of yet."""

from collections.abc import Iterator, Sequence

import pytest

from synnefo.clients.astakos import QuotaExceeded
from synnefo.cyclades.usecases import commissions
from synnefo.kit.faults import ServiceUnavailable
from synnefo.wire.provisions import Provision
from tests.support.compute import MemoryQuota

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)
ONE = {"cyclades.vm": 1}
BACK = {"cyclades.vm": -1}


class ExactQuota(MemoryQuota):
    """A quota service that takes back no more than it knows to be used."""

    def issue_commission(
        self,
        provisions: Sequence[Provision],
        *,
        name: str = "",
        force: bool = False,
        auto_accept: bool = False,
    ) -> int:
        for one in provisions:
            used = self.used.get((one.holder, one.resource), 0)
            if used + one.quantity < 0:
                text = f"Only {used} are in use."
                raise QuotaExceeded(text, provision=one, limit=0, usage=used)
        return super().issue_commission(
            provisions, name=name, force=force, auto_accept=auto_accept
        )


@pytest.fixture
def service() -> Iterator[ExactQuota]:
    found = ExactQuota()
    commissions.install(found)
    yield found
    commissions.install(None)


def test_a_charge_that_nobody_told_of_is_told_before_it_is_given_back(service: ExactQuota) -> None:
    with commissions.reserve(_of(ONE), "make", tell=False) as serial:
        commissions.ledger().accept(serial or 0)
    assert service.of("ada") == {}
    with commissions.reserve(_of(BACK), "remove", force=True) as serial:
        commissions.ledger().accept(serial or 0)
    assert service.of("ada") == {}
    assert service.waiting == {}


def test_what_was_never_charged_is_given_back_later_or_never(service: ExactQuota) -> None:
    with (
        pytest.raises(ServiceUnavailable, match="Only 0"),
        commissions.reserve(_of(BACK), "remove", force=True),
    ):
        pytest.fail("There is nothing to give back.")
    assert service.waiting == {}


def _of(charge: dict[str, int]) -> list[Provision]:
    return commissions.provisions("ada", "ada", charge)
