"""Pools of bridges and MAC prefixes: made by operators, drawn from by new networks.

`take_*` and `put_*` run inside the caller's transaction. Spec: network 8, 14.
"""

from enum import StrEnum

from django.db import transaction

from synnefo.cyclades.domain import pools as arithmetic
from synnefo.cyclades.domain.pools import Pool, PoolEmptyError, ValueOutsideError
from synnefo.cyclades.models import BridgePool, MacPrefixPool
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound, ServiceUnavailable
from synnefo.kit.logs import get_logger

log = get_logger(__name__)

PoolRow = BridgePool | MacPrefixPool


class PoolKind(StrEnum):
    """The two kinds of pools that operators keep."""

    BRIDGE = "bridge"
    MAC_PREFIX = "mac-prefix"


def take_bridge() -> str:
    """Give out a bridge; ServiceUnavailable when none is left."""
    row = _locked(PoolKind.BRIDGE)
    if row is None:
        raise _exhausted("bridge")
    return arithmetic.bridge_name(row.base, _take(row, "bridge"))


def take_mac_prefix() -> str:
    """Give out a MAC prefix; ServiceUnavailable when none is left."""
    row = _locked(PoolKind.MAC_PREFIX)
    if row is None:
        raise _exhausted("MAC prefix")
    return arithmetic.mac_prefix(row.base, _take(row, "MAC prefix"))


def put_bridge(name: str) -> None:
    """Return a bridge to its pool."""
    row = _locked(PoolKind.BRIDGE)
    if row is not None:
        _put(row, name)


def put_mac_prefix(prefix: str) -> None:
    """Return a MAC prefix to its pool."""
    row = _locked(PoolKind.MAC_PREFIX)
    if row is not None:
        _put(row, prefix)


def _take(row: PoolRow, what: str) -> int:
    try:
        pool, index = row.read().take()
    except PoolEmptyError as error:
        raise _exhausted(what) from error
    row.write(pool)
    return index


def _put(row: PoolRow, value: str) -> None:
    try:
        row.write(row.read().put(index_of(row, value)))
    except ValueOutsideError:
        log.error("value-in-no-pool", value=value)


def _exhausted(what: str) -> ServiceUnavailable:
    log.error("pool-exhausted", pool=what)
    return ServiceUnavailable(
        f"Failed to allocate resources: no {what} is left for another network. Tell the operators."
    )


def index_of(row: PoolRow, value: str) -> int:
    """Find the place of a value in a pool; ValueOutsideError when it is none of it."""
    if isinstance(row, BridgePool):
        return arithmetic.bridge_index(row.base, value)
    return arithmetic.mac_index(row.base, value)


def value_at(row: PoolRow, index: int) -> str:
    """Tell the value at a place of a pool."""
    if isinstance(row, BridgePool):
        return arithmetic.bridge_name(row.base, index)
    return arithmetic.mac_prefix(row.base, index)


def locked(kind: PoolKind) -> list[PoolRow]:
    """Lock the pool of a kind, if there is one."""
    row = _locked(kind)
    return [] if row is None else [row]


def _locked(kind: PoolKind) -> PoolRow | None:
    if kind is PoolKind.BRIDGE:
        return BridgePool.objects.select_for_update().first()
    return MacPrefixPool.objects.select_for_update().first()


def every(kind: PoolKind) -> list[PoolRow]:
    """List the pools of a kind."""
    if kind is PoolKind.BRIDGE:
        return list(BridgePool.objects.order_by("id"))
    return list(MacPrefixPool.objects.order_by("id"))


def find(kind: PoolKind, pool_id: int) -> PoolRow:
    """Find a pool by its id."""
    found = next((row for row in every(kind) if row.id == pool_id), None)
    if found is None:
        raise ItemNotFound(f"There is no {kind} pool {pool_id}. List them with pool-list.")
    return found


def create(kind: PoolKind, *, size: int, base: str, offset: int | None = None) -> PoolRow:
    """Make the one pool of its kind."""
    if size < 1:
        raise BadRequest("A pool has at least one value.")
    with transaction.atomic("cyclades"):
        if every(kind):
            raise Conflict(f"There is a {kind} pool already. Enlarge it with pool-modify.")
        if kind is PoolKind.BRIDGE:
            bridges = BridgePool(size=size, base=base, offset=offset)
            bridges.write(arithmetic.fresh(size))
            return bridges
        arithmetic.check_mac_base(base, size)
        prefixes = MacPrefixPool(size=size, base=base, offset=offset)
        prefixes.write(arithmetic.fresh(size, arithmetic.unusable_macs(base, size)))
        return prefixes


def modify(
    kind: PoolKind,
    pool_id: int,
    *,
    size: int | None = None,
    base: str | None = None,
    offset: int | None = None,
    reserve: tuple[str, ...] = (),
    unreserve: tuple[str, ...] = (),
) -> PoolRow:
    """Change the size of a pool, or which of its values are reserved outside."""
    with transaction.atomic("cyclades"):
        row = _locked(kind)
        if row is None or row.id != pool_id:
            raise ItemNotFound(f"There is no {kind} pool {pool_id}. List them with pool-list.")
        if base is not None:
            _rebase(row, base)
        row.offset = row.offset if offset is None else offset
        pool = row.read() if size is None else _resized(row, size)
        for value in reserve:
            pool = pool.reserve(_known(row, pool, value))
        for value in unreserve:
            pool = pool.put(_known(row, pool, value), external=True)
        row.write(pool)
        return row


def _rebase(row: PoolRow, base: str) -> None:
    """Give a pool that nothing was taken from another base."""
    pool = row.read()
    if pool.available.bit_count() != pool.size:
        raise Conflict("Networks use values of this pool: its base cannot change.")
    if isinstance(row, MacPrefixPool):
        arithmetic.check_mac_base(base, row.size)
        row.write(arithmetic.fresh(row.size, arithmetic.unusable_macs(base, row.size)))
    row.base = base


def _resized(row: PoolRow, size: int) -> Pool:
    if isinstance(row, MacPrefixPool):
        arithmetic.check_mac_base(row.base, size)
        pool = row.read().resize(size)
        for index in arithmetic.unusable_macs(row.base, size):
            pool = pool.reserve(index)
        return pool
    return row.read().resize(size)


def _known(row: PoolRow, pool: Pool, value: str) -> int:
    try:
        index = index_of(row, value)
        pool.is_taken(index)
    except (ValueOutsideError, ValueError) as error:
        raise BadRequest(f"'{value}' is not a value of this pool.") from error
    return index


def remove(kind: PoolKind, pool_id: int) -> None:
    """Remove a pool that nothing was taken from."""
    with transaction.atomic("cyclades"):
        row = _locked(kind)
        if row is None or row.id != pool_id:
            raise ItemNotFound(f"There is no {kind} pool {pool_id}. List them with pool-list.")
        pool = row.read()
        if pool.available.bit_count() != pool.size:
            raise Conflict("Networks use values of this pool. Remove them first.")
        row.delete()
