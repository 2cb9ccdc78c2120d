"""Errands: recorded with their cause, carried out at least once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from synnefo.kit import clock
from synnefo.kit.faults import ServiceUnavailable
from synnefo.serve import errands
from synnefo.serve.errands import Errand

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)


@pytest.fixture
def errand() -> Iterator[Errand]:
    made = Errand("astakos.sample", give_up_after=60)
    yield made
    del Errand.known["astakos.sample"]


def waiting() -> list[errands.ErrandRow]:
    return list(errands.table("astakos").filter(name="astakos.sample"))


def test_an_errand_runs_with_its_arguments_and_is_gone(errand: Errand) -> None:
    seen: list[dict[str, int]] = []
    errand.runs(lambda **arguments: seen.append(arguments))
    errand.later(server_id=7)
    errands.run_due("astakos")
    assert seen == [{"server_id": 7}]
    assert waiting() == []


def test_an_errand_of_a_transaction_that_failed_was_never_there(errand: Errand) -> None:
    with pytest.raises(RuntimeError), transaction.atomic(using="astakos"):
        errand.later(server_id=7)
        raise RuntimeError
    assert waiting() == []


def test_a_claimed_errand_is_not_given_to_another_worker(errand: Errand) -> None:
    errand.later()
    assert len(errands.claim("astakos", 10)) == 1
    assert errands.claim("astakos", 10) == []


def test_an_errand_whose_worker_died_runs_again_after_its_lease(errand: Errand) -> None:
    errand.later()
    errands.claim("astakos", 10)
    with time_machine.travel(clock.now() + errands.LEASE + timedelta(seconds=1)):
        assert len(errands.claim("astakos", 10)) == 1


def test_the_one_worker_of_a_machine_takes_back_what_its_forerunner_had_claimed(
    errand: Errand,
) -> None:
    errand.later()
    errands.claim("astakos", 10)
    alone = transaction.get_connection(using="astakos").vendor == "sqlite"
    assert errands.take_back("astakos") == (1 if alone else 0)
    assert len(errands.claim("astakos", 10)) == (1 if alone else 0)


def test_a_claim_that_is_renewed_lasts_and_one_that_was_settled_stays_so(errand: Errand) -> None:
    errand.later()
    rows = errands.claim("astakos", 10)
    with time_machine.travel(clock.now() + errands.LEASE - timedelta(seconds=1)):
        errands.renew("astakos", rows)
    with time_machine.travel(clock.now() + errands.LEASE + timedelta(seconds=1)):
        assert errands.claim("astakos", 10) == []
        errands.table("astakos").update(ready_at=clock.now())
        errands.renew("astakos", rows)
        assert len(errands.claim("astakos", 10)) == 1


def test_a_clock_that_was_set_back_delays_no_errand_and_no_sweep(errand: Errand) -> None:
    errand.every = 3600.0
    with time_machine.travel(clock.now() + timedelta(days=2)):
        errands.plant_sweeps("astakos")
    errands.hasten("astakos")
    assert "astakos.sample" in {row.name for row in errands.claim("astakos", 100)}
    errands.table("astakos").update(ready_at=clock.now() + timedelta(seconds=3600))
    errands.hasten("astakos")
    assert errands.claim("astakos", 100) == []


def test_an_errand_that_fails_comes_again_later_and_longer_each_time(errand: Errand) -> None:
    def fail() -> None:
        raise ServiceUnavailable("The cluster does not answer.")

    errand.runs(fail)
    errand.later()
    errands.run_due("astakos")
    first = waiting()[0]
    assert (first.attempts, first.last_error) == (1, "The cluster does not answer.")
    assert first.ready_at > clock.now()
    with time_machine.travel(first.ready_at + timedelta(seconds=1)):
        errands.run_due("astakos")
        second = waiting()[0]
        assert second.attempts == 2
        assert second.ready_at - clock.now() > timedelta(seconds=0.7)


def test_an_errand_that_keeps_failing_is_given_up_with_its_reason(errand: Errand) -> None:
    reasons: list[str] = []

    def fail(server_id: int) -> None:
        raise ServiceUnavailable(f"No answer for {server_id}.")

    errand.runs(fail)
    errand.gives_up(lambda reason, server_id: reasons.append(f"{server_id}: {reason}"))
    errand.later(server_id=7)
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        errands.run_due("astakos")
    assert reasons == ["7: No answer for 7."]
    assert waiting() == []


def test_a_bug_in_an_errand_keeps_it_for_another_try(errand: Errand) -> None:
    def fail() -> None:
        raise KeyError("nics")

    errand.runs(fail)
    errand.later()
    errands.run_due("astakos")
    assert waiting()[0].last_error == "KeyError('nics')"


def test_an_errand_may_ask_to_be_run_later(errand: Errand) -> None:
    def wait() -> None:
        raise errands.Later(30)

    errand.runs(wait)
    errand.later()
    errands.run_due("astakos")
    left = waiting()[0].ready_at - clock.now()
    assert timedelta(seconds=25) < left < timedelta(seconds=31)


def test_a_sweep_has_one_row_and_comes_round_again() -> None:
    seen: list[int] = []
    try:
        errands.sweep("astakos.sample", every=30)(lambda: seen.append(1))
        errands.plant_sweeps("astakos")
        errands.plant_sweeps("astakos")
        assert len(waiting()) == 1
        errands.run_due("astakos")
        errands.run_due("astakos")
        assert seen == [1]
        with time_machine.travel(clock.now() + timedelta(seconds=31)):
            errands.run_due("astakos")
        assert seen == [1, 1]
    finally:
        del Errand.known["astakos.sample"]
