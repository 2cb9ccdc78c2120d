"""Who holds more than allowed, and what would have to go. Spec: compute 15.4."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

import msgspec

from synnefo.cyclades.domain import costs, network_costs
from synnefo.kit.units import GIB, MIB


class Deed(StrEnum):
    """What is done to something that is too much."""

    SHUTDOWN = "SHUTDOWN"
    REMOVE = "REMOVE"
    DETACH = "DETACH"


class Kind(StrEnum):
    """What something is; deeds are carried out in this order."""

    FLOATING_IP = "floating-ip"
    VM = "vm"
    VOLUME = "volume"


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """A holder above its limit. `user` None means a project as a whole."""

    user: str | None
    project: str
    resource: str
    limit: int
    usage: int

    @property
    def excess(self) -> int:
        """Tell how much is too much."""
        return self.usage - self.limit


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A server, volume or address that somebody holds; sizes in MiB (RAM) and GiB (disk)."""

    kind: Kind
    id: int
    user: str
    project: str
    state: str
    backend: int | None = None
    cpu: int = 0
    ram: int = 0
    size: int = 0
    server: int | None = None
    is_system: bool = False


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One deed, and the violation that asks for it."""

    item: Item
    deed: Deed
    violation: Violation


SERVER_ORDER = ("ERROR", "BUILD", "STOPPED", "STARTED")
VOLUME_ORDER = ("ERROR", "AVAILABLE", "CREATING", "DETACHING", "ATTACHING", "IN_USE")
_RUNNING = frozenset({"STARTED", "BUILD", "ERROR"})
_SHUT = {costs.CPU, costs.RAM}
_TOTAL = {costs.VM, costs.TOTAL_CPU, costs.TOTAL_RAM}
HARD = (
    costs.CPU,
    costs.RAM,
    costs.TOTAL_CPU,
    costs.TOTAL_RAM,
    costs.VM,
    costs.DISK,
    network_costs.FLOATING_IP,
)
SOFT = (costs.TOTAL_CPU, costs.TOTAL_RAM, costs.VM, network_costs.FLOATING_IP)
ORDER: tuple[tuple[str, bool], ...] = (
    (costs.CPU, False),
    (costs.RAM, False),
    *((one, True) for one in SOFT[:3]),
    *((one, False) for one in HARD[2:6]),
    (network_costs.FLOATING_IP, True),
    (network_costs.FLOATING_IP, False),
)
"""In which order resources are looked at, and whether softly."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far an enforcement may go."""

    most: int | None = None
    """Deeds on each cluster."""
    system_volumes: bool = False
    """Whether root disks may go, with their servers."""


class _Ledger:
    """What has been decided so far."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.deeds: dict[tuple[Kind, int], Action] = {}

    def deed_of(self, item: Item) -> Deed | None:
        """Tell what is to be done to an item already; what is in a server goes with it."""
        own = self.deeds.get((item.kind, item.id))
        if own is not None:
            return own.deed
        if item.kind is not Kind.VOLUME or item.server is None:
            return None
        carrier = self.deeds.get((Kind.VM, item.server))
        return Deed.REMOVE if carrier is not None and carrier.deed is Deed.REMOVE else None

    def note(self, action: Action) -> bool:
        """Take a deed up, unless its cluster has enough to do."""
        backend, most = action.item.backend, self.limits.most
        if most is not None and backend is not None:
            busy = sum(one.item.backend == backend for one in self.deeds.values())
            if busy >= most and (action.item.kind, action.item.id) not in self.deeds:
                return False
        self.deeds[action.item.kind, action.item.id] = action
        return True


def plan(
    violations: Iterable[Violation], items: Sequence[Item], *, soft: Iterable[str], limits: Limits
) -> list[Action]:
    """Choose what has to go so that nobody holds too much; resources in `soft` only softly."""
    ledger, gently = _Ledger(limits), set(soft)
    known = list(violations)
    for resource, is_soft in ORDER:
        if (resource in gently) is not is_soft and resource in SOFT:
            continue
        for violation in known:
            if violation.resource == resource:
                _settle(violation, items, ledger, is_soft=is_soft)
    order = list(Kind)
    return sorted(ledger.deeds.values(), key=lambda one: (order.index(one.item.kind), one.item.id))


def _settle(
    violation: Violation, items: Sequence[Item], ledger: _Ledger, *, is_soft: bool
) -> None:
    left = violation.excess
    mine = [item for item in items if _belongs(item, violation)]
    for item in mine:
        if _frees(ledger.deed_of(item), item, violation.resource, is_soft=is_soft):
            left -= _weight(item, violation.resource)
    for item in sorted(mine, key=_rank(violation.resource)):
        if left <= 0:
            return
        if _frees(ledger.deed_of(item), item, violation.resource, is_soft=is_soft):
            continue
        deed = _deed(item, violation.resource, is_soft=is_soft, limits=ledger.limits)
        if deed and ledger.note(Action(item=item, deed=deed, violation=violation)):
            left -= _weight(item, violation.resource)


def _belongs(item: Item, violation: Violation) -> bool:
    kinds = {costs.DISK: Kind.VOLUME, network_costs.FLOATING_IP: Kind.FLOATING_IP}
    if item.kind is not kinds.get(violation.resource, Kind.VM):
        return False
    return item.project == violation.project and violation.user in {None, item.user}


def _frees(deed: Deed | None, item: Item, resource: str, *, is_soft: bool) -> bool:
    """Tell whether an item counts no more, as it is or once its deed is done."""
    if deed is Deed.REMOVE:
        return True
    if resource in _TOTAL and is_soft:
        return deed is Deed.SHUTDOWN or item.state == "STOPPED"
    if resource == network_costs.FLOATING_IP and is_soft:
        return deed is Deed.DETACH or item.server is None
    return resource in _SHUT and deed is Deed.SHUTDOWN


def _weight(item: Item, resource: str) -> int:
    weights: dict[str, int] = {
        costs.CPU: item.cpu if item.state in _RUNNING else 0,
        costs.RAM: item.ram * MIB if item.state in _RUNNING else 0,
        costs.TOTAL_CPU: item.cpu,
        costs.TOTAL_RAM: item.ram * MIB,
        costs.DISK: item.size * GIB,
    }
    return weights.get(resource, 1)


def _deed(item: Item, resource: str, *, is_soft: bool, limits: Limits) -> Deed | None:
    if item.kind is Kind.FLOATING_IP:
        return Deed.DETACH if is_soft else Deed.REMOVE
    if item.kind is Kind.VOLUME:
        return None if item.is_system and not limits.system_volumes else Deed.REMOVE
    if resource in _TOTAL and not is_soft:
        return Deed.REMOVE
    if item.state == "STOPPED":
        return None
    return Deed.REMOVE if item.state == "ERROR" else Deed.SHUTDOWN


def _rank(resource: str) -> Callable[[Item], tuple[int, int]]:
    """Order victims: the least useful state first, then the newest."""

    def of(item: Item) -> tuple[int, int]:
        places: tuple[str, ...]
        if resource == network_costs.FLOATING_IP:
            places = ("", *SERVER_ORDER)
        else:
            places = VOLUME_ORDER if item.kind is Kind.VOLUME else SERVER_ORDER
        place = places.index(item.state) if item.state in places else 0
        return place, -item.id

    return of
