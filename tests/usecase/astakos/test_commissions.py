"""The ledger on a real database: promises, verdicts, refusals, races."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import connections

from synnefo.astakos.domain.ledger import NoCapacity, NoHolding, NoQuantity
from synnefo.astakos.models import DATABASE, Commission, Holding, ProvisionLog, ProvisionRow
from synnefo.astakos.usecases import commissions
from synnefo.astakos.usecases.commissions import Order
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.wire.provisions import Provision, charge, charges
from tests.support.astakos import a_project, a_resource, a_user, usage

VM = "cyclades.vm"


@pytest.mark.django_db(databases=[DATABASE])
class TestPromises:
    """What issuing, accepting and rejecting do."""

    def test_a_promise_counts_at_most_until_it_is_accepted(self) -> None:
        a_resource(limit=5)
        user = a_user()
        serial = commissions.issue("cyclades", Order(charge(user.uuid, user.uuid, VM, 2)))
        assert usage(user, VM) == (0, 2)
        done = commissions.resolve("cyclades", [serial], [], "built")
        assert done.accepted == [serial]
        assert usage(user, VM) == (2, 2)
        assert not Commission.objects.exists()
        assert not ProvisionRow.objects.exists()
        log = ProvisionLog.objects.filter(serial=serial)
        assert {entry.reason for entry in log} == {"ACCEPT:built"}
        assert log.count() == 2

    def test_a_rejected_promise_leaves_no_trace_in_the_holdings(self) -> None:
        a_resource(limit=5)
        user = a_user()
        serial = commissions.issue("cyclades", Order(charge(user.uuid, user.uuid, VM, 2)))
        assert commissions.resolve("cyclades", [], [serial]).rejected == [serial]
        assert usage(user, VM) == (0, 0)

    def test_a_release_counts_at_least_until_it_is_accepted(self) -> None:
        a_resource(limit=5)
        user = a_user()
        _use(user, 3)
        serial = commissions.issue("cyclades", Order(charge(user.uuid, user.uuid, VM, -2)))
        assert usage(user, VM) == (1, 3)
        commissions.resolve("cyclades", [serial], [])
        assert usage(user, VM) == (1, 1)

    def test_accepting_at_once_needs_no_second_call(self) -> None:
        a_resource(limit=5)
        user = a_user()
        order = Order(charge(user.uuid, user.uuid, VM, 2), auto_accept=True)
        commissions.issue("cyclades", order)
        assert usage(user, VM) == (2, 2)
        assert not Commission.objects.exists()

    def test_a_limit_refuses_and_names_what_failed(self) -> None:
        a_resource(limit=5)
        user = a_user()
        _use(user, 4)
        with pytest.raises(NoCapacity) as refused:
            commissions.issue("cyclades", Order(charge(user.uuid, user.uuid, VM, 2)))
        data = refused.value.data
        assert (data.limit, data.usage, data.provision.quantity) == (5, 4, 2)
        assert VM in refused.value.message
        assert user.uuid in refused.value.message
        assert usage(user, VM) == (4, 4)

    def test_force_goes_over_the_limit_and_never_below_zero(self) -> None:
        a_resource(limit=1)
        user = a_user()
        order = Order(charge(user.uuid, user.uuid, VM, 3), force=True, auto_accept=True)
        commissions.issue("cyclades", order)
        assert usage(user, VM) == (3, 3)
        with pytest.raises(NoQuantity):
            commissions.issue("cyclades", Order(charge(user.uuid, user.uuid, VM, -4), force=True))

    def test_who_is_over_the_limit_may_still_release_but_not_add_zero(self) -> None:
        a_resource(limit=1)
        user = a_user()
        order = Order(charge(user.uuid, user.uuid, VM, 3), force=True, auto_accept=True)
        commissions.issue("cyclades", order)
        commissions.issue("cyclades", Order(charge(user.uuid, user.uuid, VM, -1)))
        with pytest.raises(NoCapacity):
            commissions.issue("cyclades", Order(charge(user.uuid, user.uuid, VM, 0)))

    def test_one_refusal_undoes_the_whole_commission(self) -> None:
        a_resource(limit=5)
        a_resource("cyclades.cpu", limit=1)
        user = a_user()
        order = Order(charges(user.uuid, user.uuid, {VM: 1, "cyclades.cpu": 2}))
        with pytest.raises(NoCapacity):
            commissions.issue("cyclades", order)
        assert usage(user, VM) == (0, 0)
        assert not Commission.objects.exists()

    def test_an_unknown_holder_or_resource_is_told(self) -> None:
        a_resource(limit=5)
        user = a_user()
        for wrong in (
            Provision("user:nobody", f"project:{user.uuid}", VM, 1),
            Provision(f"user:{user.uuid}", f"project:{user.uuid}", "cyclades.moon", 1),
        ):
            with pytest.raises(NoHolding) as refused:
                commissions.issue("cyclades", Order([wrong]))
            assert refused.value.data.provision == wrong

    def test_equal_keys_are_summed_before_the_limit_is_looked_at(self) -> None:
        a_resource(limit=5)
        user = a_user()
        both = charge(user.uuid, user.uuid, VM, 9) + charge(user.uuid, user.uuid, VM, -5)
        commissions.issue("cyclades", Order(both))
        assert usage(user, VM) == (0, 4)

    def test_no_provisions_make_a_valid_commission(self) -> None:
        serial = commissions.issue("cyclades", Order([]))
        assert commissions.pending("cyclades") == [serial]
        assert commissions.resolve("cyclades", [serial], []).accepted == [serial]

    def test_verdicts_on_unknown_foreign_and_doubled_serials(self) -> None:
        a_resource(limit=5)
        user = a_user()
        order = Order(charge(user.uuid, user.uuid, VM, 1))
        mine, both = (commissions.issue("cyclades", order) for _ in range(2))
        foreign = commissions.issue("pithos", order)
        done = commissions.resolve("cyclades", [mine, both, foreign, 10**12], [both])
        assert done.accepted == [mine]
        assert done.conflicting == [both]
        assert done.not_found == [foreign, 10**12]
        assert commissions.resolve("cyclades", [mine], []).not_found == [mine]
        assert usage(user, VM) == (1, 3)
        with pytest.raises(ItemNotFound):
            commissions.show("cyclades", foreign)

    def test_a_thousand_serials_are_resolved_in_one_call(self) -> None:
        a_resource(limit=10**6)
        user = a_user()
        order = Order(charge(user.uuid, user.uuid, VM, 1))
        serials = [commissions.issue("cyclades", order) for _ in range(1000)]
        done = commissions.resolve("cyclades", serials[:600], [*serials[600:], *range(-5, 0)])
        assert (len(done.accepted), len(done.rejected), len(done.not_found)) == (600, 400, 5)
        assert usage(user, VM) == (600, 600)

    def test_a_commission_of_absurd_size_is_refused(self) -> None:
        many = [Provision("user:x", "project:x", f"r{n}", 1) for n in range(1001)]
        with pytest.raises(BadRequest, match="at most"):
            commissions.issue("cyclades", Order(many))

    def test_resources_move_between_projects_in_one_commission(self) -> None:
        a_resource(limit=5)
        user = a_user()
        other = a_project(user)
        _use(user, 2)
        moved = charge(user.uuid, user.uuid, VM, -2) + charge(user.uuid, other.uuid, VM, 2)
        commissions.issue("cyclades", Order(moved, auto_accept=True))
        assert usage(user, VM) == (0, 0)
        assert usage(user, VM, other) == (2, 2)


@pytest.mark.django_db(databases=[DATABASE], transaction=True)
class TestRaces:
    """Many at once."""

    def test_of_200_commissions_at_once_exactly_the_limit_succeed(self) -> None:
        a_resource(limit=5)
        user = a_user()
        order = Order(charge(user.uuid, user.uuid, VM, 1))
        got = _at_once(200, lambda _n: commissions.issue("cyclades", order))
        assert len([serial for serial in got if serial is not None]) == 5
        assert usage(user, VM) == (0, 5)

    @pytest.mark.parametrize(("limit", "fitting"), [(500, 500), (300, 300)])
    def test_500_at_once_never_exceed_a_limit_and_never_miss_what_fits(
        self, limit: int, fitting: int
    ) -> None:
        a_resource(limit=limit)
        user = a_user()
        order = Order(charge(user.uuid, user.uuid, VM, 1))

        def ask() -> bool:
            with suppress(NoCapacity):
                serial = commissions.issue("cyclades", order)
                return commissions.resolve("cyclades", [serial], []).accepted == [serial]
            return False

        got = _at_once(50, lambda _n: sum(ask() for _ in range(10)))
        assert sum(one or 0 for one in got) == fitting
        assert usage(user, VM) == (fitting, fitting)

    def test_opposite_orders_of_resources_do_not_deadlock(self) -> None:
        a_resource(limit=10)
        a_resource("cyclades.cpu", limit=10)
        user = a_user()
        forth = charges(user.uuid, user.uuid, {VM: 1, "cyclades.cpu": 1})
        back = list(reversed(forth))
        orders = [Order(forth), Order(back)]
        got = _at_once(50, lambda n: commissions.issue("cyclades", orders[n % 2]))
        assert len([serial for serial in got if serial is not None]) == 10

    def test_a_verdict_given_by_many_counts_once(self) -> None:
        a_resource(limit=5)
        user = a_user()
        serial = commissions.issue("cyclades", Order(charge(user.uuid, user.uuid, VM, 1)))
        done = _at_once(10, lambda _n: len(commissions.resolve("cyclades", [serial], []).accepted))
        assert sum(done) == 1
        assert usage(user, VM) == (1, 1)


def _use(user: object, amount: int) -> None:
    uuid = user.uuid  # type: ignore[attr-defined]
    order = Order(charge(uuid, uuid, VM, amount), auto_accept=True)
    commissions.issue("cyclades", order)


def _at_once(count: int, act: Callable[[int], int]) -> list[int | None]:
    """Do something in many threads that all start together; None where it was refused."""
    got: list[int | None] = [None] * count
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        gate.wait()
        try:
            got[number] = act(number)
        except NoCapacity:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not [row for row in Holding.objects.all() if row.usage_min > row.usage_max]
    return got
