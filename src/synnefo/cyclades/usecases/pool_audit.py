"""Holds the pools against what is really in use. Spec: network 8.3, 13.3."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec
from django.db import transaction
from django.db.models import Count

from synnefo.cyclades.domain import addressing
from synnefo.cyclades.domain import pools as arithmetic
from synnefo.cyclades.domain.networks import NetworkFlavor
from synnefo.cyclades.domain.pools import ValueOutsideError
from synnefo.cyclades.models import IPAddress, IPPool, Network
from synnefo.cyclades.usecases import pools
from synnefo.cyclades.usecases.pools import PoolKind, PoolRow

Place = Callable[[str], int]

_USERS = {
    PoolKind.BRIDGE: (NetworkFlavor.PHYSICAL_VLAN, "link"),
    PoolKind.MAC_PREFIX: (NetworkFlavor.MAC_FILTERED, "mac_prefix"),
}


class Finding(msgspec.Struct, frozen=True):
    """A value that a pool has wrong: given out and unused, or used and free to give."""

    pool: str
    value: str
    is_lost: bool
    """True: nobody uses it, and it is never given out. False: it could be given out twice."""


def audit(*, fix: bool) -> list[Finding]:
    """Compare every pool with what is used; with `fix` its map is replaced under a lock."""
    return [*_operators_pools(fix), *_address_pools(fix)]


def _operators_pools(fix: bool) -> list[Finding]:
    found: list[Finding] = []
    for kind, (flavor, column) in _USERS.items():
        with transaction.atomic("cyclades"):
            for row in pools.locked(kind):
                rows = Network.objects.live().filter(flavor=flavor)
                values = list(rows.values_list(column, flat=True))
                found += _compare(str(kind), row, _indices(row, values), fix)
    return found


def _indices(row: PoolRow, values: Sequence[str]) -> set[int]:
    return _inside(row.size, values, lambda value: pools.index_of(row, value))


def _inside(size: int, values: Iterable[str], place: Place) -> set[int]:
    """Find the places of the values that lie in a pool."""
    found = set()
    for value in values:
        try:
            index = place(value)
        except ValueOutsideError:
            continue
        if 0 <= index < size:
            found.add(index)
    return found


def _address_pools(fix: bool) -> list[Finding]:
    found: list[Finding] = []
    ids = IPPool.objects.filter(subnet__deleted=False).values_list("id", "subnet__network_id")
    for pool_id, network_id in ids:
        with transaction.atomic("cyclades"):
            Network.objects.select_for_update(of=("self",)).filter(id=network_id).first()
            row = IPPool.objects.select_for_update(of=("self",)).filter(id=pool_id).first()
            if row is not None:
                found += _compare(f"network {network_id}", row, _used_addresses(row), fix)
    return found


def _used_addresses(row: IPPool) -> set[int]:
    base, offset = row.base, row.offset
    held = IPAddress.objects.live().filter(subnet_id=row.subnet_id, ipversion=4)
    return _inside(
        row.size,
        held.values_list("address", flat=True),
        lambda address: addressing.index_of(base, offset, address),
    )


def _compare(name: str, row: PoolRow | IPPool, used: set[int], fix: bool) -> list[Finding]:
    pool = row.read()
    right = arithmetic.matching(pool, used)
    odd = arithmetic.differences(pool, right)
    if odd and fix:
        row.write(right)
    return [Finding(name, _value(row, index), index not in used) for index in odd]


def _value(row: PoolRow | IPPool, index: int) -> str:
    if isinstance(row, IPPool):
        return addressing.address_at(row.base, row.offset, index)
    return pools.value_at(row, index)


def addresses_twice() -> list[tuple[int, str, int]]:
    """List addresses that more than one holds: the network, the address, how many."""
    held = IPAddress.objects.live().order_by().values_list("network_id", "address")
    twice = held.annotate(times=Count("id")).filter(times__gt=1)
    return list(twice)


def duplicates() -> list[tuple[str, str, int]]:
    """List values that more than one uses: the pool, the value, how many."""
    twice = addresses_twice()
    found = [(f"network {network}", address, times) for network, address, times in twice]
    for kind, (flavor, column) in _USERS.items():
        rows = Network.objects.live().filter(flavor=flavor)
        uses = Counter(rows.order_by().values_list(column, flat=True))
        found += [(str(kind), str(value), times) for value, times in uses.items() if times > 1]
    return found
