"""The arithmetic of quota: what a commission does to a holding. Spec: identity 4.3, 4.4."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from synnefo.kit.faults import BadRequest, Fault, ItemNotFound, OverLimit
from synnefo.wire.provisions import INF, Provision

Key = tuple[str, str, str]
"""Holder, source (empty for a project's own holding) and resource."""


class Holding(msgspec.Struct, frozen=True):
    """How much of a resource a holder may use and uses, at least and at most."""

    limit: int = 0
    usage_min: int = 0
    usage_max: int = 0


class LedgerData(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a refusal tells a program. Spec: identity 8.5."""

    name: str
    provision: Provision
    limit: int | None = None
    usage: int | None = None


class NoHolding(ItemNotFound):
    """A provision names a holder that holds nothing of the resource."""

    def __init__(self, provision: Provision) -> None:
        whom = _whom(provision)
        super().__init__(f"There is no holding of {provision.resource} for {whom}.")
        self.data = LedgerData("NoHoldingError", provision)


class NoCapacity(OverLimit):
    """A provision would exceed a limit."""

    def __init__(self, provision: Provision, held: Holding) -> None:
        super().__init__(
            f"{_whom(provision, capital=True)} asked for {provision.quantity} of "
            f"{provision.resource}, but {held.usage_max} of {held.limit} are in use. "
            "Release some or ask for a higher limit."
        )
        self.data = LedgerData("NoCapacityError", provision, held.limit, held.usage_max)


class NoQuantity(OverLimit):
    """A provision would release more than is held."""

    def __init__(self, provision: Provision, held: Holding) -> None:
        super().__init__(
            f"{_whom(provision, capital=True)} cannot release {-provision.quantity} of "
            f"{provision.resource}: only {held.usage_min} are in use."
        )
        self.data = LedgerData("NoQuantityError", provision, 0, held.usage_min)


REFUSALS = (NoHolding, NoCapacity, NoQuantity)


def _whom(provision: Provision, *, capital: bool = False) -> str:
    kind, _, uuid = provision.holder.partition(":")
    source = (provision.source or "").removeprefix("project:")
    told = f"{kind} {uuid}" + (f" in project {source}" if source else "")
    return told[:1].upper() + told[1:] if capital else told


def key_of(provision: Provision) -> Key:
    """Name the holding that a provision changes."""
    return provision.holder, provision.source or "", provision.resource


def merge(provisions: Iterable[Provision]) -> list[Provision]:
    """Sum the provisions of each holding, in the order in which the holdings first appear."""
    total: dict[Key, int] = {}
    for provision in provisions:
        key = key_of(provision)
        total[key] = total.get(key, 0) + provision.quantity
        if not -INF <= total[key] <= INF:
            raise BadRequest("A quantity is larger than the ledger can count.")
    return [Provision(h, source or None, r, n) for (h, source, r), n in total.items()]


def promise(held: Holding, provision: Provision, *, force: bool) -> Holding:
    """Take a provision into account before its verdict; refuses what cannot be."""
    if provision.quantity < 0:
        least = held.usage_min + provision.quantity
        if least < 0:
            raise NoQuantity(provision, held)
        return msgspec.structs.replace(held, usage_min=least)
    if provision.quantity > (INF if force else held.limit) - held.usage_max:
        raise NoCapacity(provision, held)
    return msgspec.structs.replace(held, usage_max=held.usage_max + provision.quantity)


def promise_all(
    provisions: Sequence[Provision], held: Mapping[int, Holding], *, force: bool
) -> list[Holding]:
    """Take provisions into account that name different holdings; raises what the first raises.

    `held` tells what each provision finds, by its place; nothing where there is no holding.
    """
    found = []
    for place, provision in enumerate(provisions):
        if place not in held:
            raise NoHolding(provision)
        found.append(promise(held[place], provision, force=force))
    return found


def resolve(held: Holding, quantity: int, *, accept: bool) -> Holding:
    """Take the verdict on an earlier provision into account."""
    delta = quantity if accept else -quantity
    if (quantity >= 0) == accept:
        return msgspec.structs.replace(held, usage_min=held.usage_min + delta)
    return msgspec.structs.replace(held, usage_max=held.usage_max + delta)


def data_of(fault: Fault) -> LedgerData | None:
    """Answer what a refusal of the ledger tells a program, if it is one."""
    return fault.data if isinstance(fault, REFUSALS) else None
