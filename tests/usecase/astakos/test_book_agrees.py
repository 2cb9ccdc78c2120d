"""The ledger on a real database does what its arithmetic says, whatever comes."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synnefo.astakos.domain import ledger
from synnefo.astakos.models import DATABASE, Commission, Holding
from synnefo.astakos.usecases import commissions
from synnefo.astakos.usecases.commissions import Order
from synnefo.kit.faults import Fault
from synnefo.wire.provisions import INF, Provision

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)
LIMITS = {"r0": 5, "r1": 0, "r2": INF}
AMOUNTS = st.integers(-4, 6) | st.sampled_from([INF, -INF])
PROVISIONS = st.lists(st.tuples(st.sampled_from([*LIMITS, "none"]), AMOUNTS), max_size=4)
STEPS = st.lists(
    st.tuples(PROVISIONS, st.booleans(), st.sampled_from(["wait", "at once", "accept", "reject"])),
    max_size=8,
)
States = dict[str, ledger.Holding]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_every_history_comes_to_what_the_arithmetic_says(
    steps: list[tuple[list[tuple[str, int]], bool, str]],
) -> None:
    Commission.objects.all().delete()
    Holding.objects.all().delete()
    for name, limit in LIMITS.items():
        Holding.objects.create(holder="user:u", source="project:p", resource=name, limit=limit)
    states: States = {name: ledger.Holding(limit=limit) for name, limit in LIMITS.items()}
    for wanted, force, verdict in steps:
        provisions = [Provision("user:u", "project:p", *one) for one in wanted]
        order = Order(provisions, force=force, auto_accept=verdict == "at once")
        states = _both(order, verdict, states)
        assert _stored() == states


def _both(order: Order, verdict: str, states: States) -> States:
    """Take one step in the ledger and by the arithmetic; both refuse alike or neither does."""
    told: object = None
    try:
        serial = commissions.issue("c", order)
    except Fault as fault:
        told = (type(fault), fault.message)
    try:
        after = _by_arithmetic(order, verdict, states)
    except Fault as fault:
        assert told == (type(fault), fault.message)
        return states
    assert told is None
    if verdict in {"accept", "reject"}:
        accept, reject = ([serial], []) if verdict == "accept" else ([], [serial])
        assert not commissions.resolve("c", accept, reject).not_found
    return after


def _by_arithmetic(order: Order, verdict: str, states: Mapping[str, ledger.Holding]) -> States:
    merged = ledger.merge(order.provisions)
    held = {at: states[one.resource] for at, one in enumerate(merged) if one.resource in states}
    promised = ledger.promise_all(merged, held, force=order.force)
    found = dict(states)
    for one, state in zip(merged, promised, strict=True):
        accept = verdict != "reject"
        waits = verdict == "wait"
        found[one.resource] = (
            state if waits else ledger.resolve(state, one.quantity, accept=accept)
        )
    return found


def _stored() -> States:
    return {
        row.resource: ledger.Holding(row.limit, row.usage_min, row.usage_max)
        for row in Holding.objects.all()
    }
