"""How the database and a cluster can differ about servers. Spec: compute 15.1."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from synnefo.cyclades.domain import names
from synnefo.cyclades.domain.firewall import profile_of
from synnefo.cyclades.domain.instances import DiskSpec, InstanceFacts, NicSpec
from synnefo.cyclades.domain.ports import PortState, is_stale

_CARD_PATIENCE = timedelta(seconds=120)
"""A card that is being built is left alone so long."""
_DISK_PATIENCE = timedelta(seconds=60)
MIB_PER_GIB = 1024


class Kind(StrEnum):
    """The kinds of differences; each has an option that puts it right."""

    STALE = "stale"
    ORPHAN = "orphan"
    BUILD = "build"
    STATE = "state"
    FLAVOR = "flavor"
    NICS = "nics"
    DISKS = "disks"
    TASK = "task"


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A port as the database has it."""

    id: int
    network_id: int
    mac: str | None
    index: int | None
    state: str
    firewall: str | None
    ipv4: str | None
    public: bool
    created: datetime


class Disk(msgspec.Struct, frozen=True, kw_only=True):
    """A volume as the database has it; its size in GiB."""

    id: int
    size: int
    index: int | None
    status: str
    created: datetime


def guarded(facts: InstanceFacts) -> tuple[NicSpec, ...]:
    """Tell the cards of an instance with the firewall tags that the instance carries for them."""
    tags: dict[str, str] = {}
    for tag in facts.tags:
        parts = tag.split(":")
        if len(parts) == 4 and parts[:2] == ["synnefo", "network"]:
            tags[parts[2]] = tag
    return tuple(
        msgspec.structs.replace(nic, firewall=nic.firewall or tags.get(nic.name))
        for nic in facts.nics
    )


def of_cards(
    cards: Sequence[Card], nics: Sequence[NicSpec], *, prefix: str, moment: datetime, default: str
) -> list[str]:
    """Tell in which ways the cards of a server differ; nothing when they agree."""
    known = {card.id: card for card in cards if not _is_young(card, moment)}
    building = {card.id for card in cards} - known.keys()
    found = []
    for index, nic in enumerate(nics):
        card_id = names.nic_of(prefix, nic.name)
        card = known.pop(card_id, None) if card_id is not None else None
        if card is None:
            if card_id not in building:
                found.append(f"card {index} ({nic.name}) belongs to no port")
            continue
        wrong = _wrong_fields(card, nic, index, prefix=prefix, default=default)
        found += [f"port {card.id}: {', '.join(wrong)}"] if wrong else []
    for card in known.values():
        if is_stale(PortState(card.state), moment - card.created, connecting=False):
            found.append(f"port {card.id} has no card")
    return found


def _is_young(card: Card, moment: datetime) -> bool:
    return card.state == PortState.BUILD and moment - card.created < _CARD_PATIENCE


def _wrong_fields(card: Card, nic: NicSpec, index: int, *, prefix: str, default: str) -> list[str]:
    said = (nic.firewall or "").rsplit(":", 1)[-1]
    profile = profile_of(said) or (default if card.public else None)
    pairs = {
        "state": (card.state, PortState.ACTIVE),
        "index": (card.index, index),
        "mac": (card.mac, nic.mac or card.mac),
        "network": (card.network_id, names.network_of(prefix, nic.network)),
        "address": (card.ipv4, nic.ip),
        "firewall": (card.firewall, profile),
    }
    return _unlike(pairs)


def _unlike(pairs: Mapping[str, tuple[object, object]]) -> list[str]:
    return [
        f"{name} {ours} is {theirs}" for name, (ours, theirs) in pairs.items() if ours != theirs
    ]


def of_disks(
    disks: Iterable[Disk], specs: Sequence[DiskSpec], *, prefix: str, moment: datetime
) -> list[str]:
    """Tell in which ways the disks of a server differ; nothing when they agree."""
    known = {disk.id: disk for disk in disks}
    found = []
    for index, spec in enumerate(specs):
        disk = known.pop(names.volume_of(prefix, spec.name) or 0, None)
        if disk is None:
            found.append(f"disk {index} ({spec.name or 'nameless'}) belongs to no volume")
            continue
        wrong = _wrong_disk(disk, spec, index)
        found += [f"volume {disk.id}: {', '.join(wrong)}"] if wrong else []
    found += [f"volume {d.id} has no disk" for d in known.values() if is_lost(d, moment)]
    return found


def _wrong_disk(disk: Disk, spec: DiskSpec, index: int) -> list[str]:
    size = gib_of(spec)
    pairs = {
        "status": (disk.status, "IN_USE"),
        "index": (disk.index, index),
        "size": (disk.size, size or disk.size),
    }
    return _unlike(pairs)


def gib_of(spec: DiskSpec) -> int:
    """Round the size of a disk up to whole GiB."""
    return -(-spec.size_mib // MIB_PER_GIB)


def is_lost(disk: Disk, moment: datetime) -> bool:
    """Tell whether a volume that its server's instance lacks is gone for good.

    Spec: compute 11.11.
    """
    if disk.status == "CREATING":
        return moment - disk.created > _DISK_PATIENCE
    return disk.status != "AVAILABLE"
