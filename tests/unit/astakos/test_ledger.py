"""The arithmetic of quota, by example and by invariants. Spec: identity 2.9, 4.3, 4.4."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synnefo.astakos.domain import ledger
from synnefo.astakos.domain.ledger import Holding, NoCapacity, NoQuantity
from synnefo.kit.faults import BadRequest
from synnefo.wire.provisions import INF, Provision, charge, charges

SMALL = st.integers(min_value=-20, max_value=20)


def of(quantity: int, resource: str = "cyclades.vm") -> Provision:
    """Make a provision of a member."""
    return Provision("user:ada", "project:lab", resource, quantity)


class TestPromise:
    """Before the verdict."""

    def test_what_fits_is_taken_and_what_does_not_is_refused(self) -> None:
        held = Holding(limit=5, usage_min=2, usage_max=3)
        assert ledger.promise(held, of(2), force=False) == Holding(5, 2, 5)
        with pytest.raises(NoCapacity):
            ledger.promise(held, of(3), force=False)
        assert ledger.promise(held, of(3), force=True) == Holding(5, 2, 6)

    def test_a_release_takes_from_what_is_surely_used(self) -> None:
        held = Holding(limit=1, usage_min=2, usage_max=9)
        assert ledger.promise(held, of(-2), force=False) == Holding(1, 0, 9)
        for force in (False, True):
            with pytest.raises(NoQuantity):
                ledger.promise(held, of(-3), force=force)

    def test_force_does_not_count_beyond_numbers(self) -> None:
        with pytest.raises(NoCapacity):
            ledger.promise(Holding(INF, INF, INF), of(1), force=True)

    @given(
        st.lists(st.tuples(SMALL, st.booleans()), max_size=30),
        st.integers(min_value=0, max_value=30),
    )
    def test_usage_never_goes_below_zero_and_verdicts_meet(
        self, steps: list[tuple[int, bool]], limit: int
    ) -> None:
        held, expected = Holding(limit=limit), 0
        promised: list[tuple[int, bool]] = []
        for quantity, accept in steps:
            try:
                held = ledger.promise(held, of(quantity), force=False)
            except (NoCapacity, NoQuantity):
                continue
            promised.append((quantity, accept))
            assert 0 <= held.usage_min <= held.usage_max <= max(limit, held.usage_max)
            assert held.usage_max - held.usage_min == sum(abs(q) for q, _ in promised)
        for quantity, accept in promised:
            held = ledger.resolve(held, quantity, accept=accept)
            expected += quantity if accept else 0
            assert 0 <= held.usage_min <= held.usage_max
        assert (held.usage_min, held.usage_max) == (expected, expected)


class TestMerge:
    """Equal keys become one."""

    def test_the_order_of_the_first_appearance_stays(self) -> None:
        merged = ledger.merge([of(1, "b"), of(2, "a"), of(3, "b")])
        assert merged == [of(4, "b"), of(2, "a")]

    def test_a_sum_beyond_numbers_is_refused(self) -> None:
        with pytest.raises(BadRequest):
            ledger.merge([of(INF), of(1)])

    def test_a_charge_is_always_on_both(self) -> None:
        assert charge("ada", "lab", "x", 2) == [
            Provision("user:ada", "project:lab", "x", 2),
            Provision("project:lab", None, "x", 2),
        ]
        assert charges("ada", "lab", {"x": 0}) == []


class TestRefusals:
    """What a person and a program are told."""

    def test_the_sentence_names_who_what_and_how_much(self) -> None:
        told = NoCapacity(of(2), Holding(5, 4, 4))
        for part in ("ada", "lab", "cyclades.vm", "2", "4 of 5"):
            assert part in told.message
        assert ledger.data_of(told) is told.data
        assert ledger.data_of(BadRequest("x")) is None
        assert "project lab" in ledger.NoHolding(charge("ada", "lab", "x", 1)[1]).message
        assert "only 1" in NoQuantity(of(-2), Holding(5, 1, 1)).message
