"""The programs that Ganeti calls: a card up, a card down, after a move.

Spec: images-and-nodes 3.2.

Install them as `/etc/ganeti/kvm-vif-bridge` (or `kvm-ifup-custom`), `kvm-ifdown-custom`, and as a
post hook of instance-migrate, -failover, -modify, -stop and -remove.
"""

import os
import sys

import msgspec

from synnefo.kit import logs
from synnefo.node.dhcp import taps
from synnefo.node.networking import host, interface, routing
from synnefo.node.networking import settings as configuration
from synnefo.node.networking.cards import CardError, from_environment
from synnefo.node.networking.settings import Settings

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def _begin(program: str) -> Settings:
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}:{_PATH}".lstrip(":")
    settings = configuration.read()
    try:
        settings.logfile.parent.mkdir(parents=True, exist_ok=True)
        logs.configure(program, stream=settings.logfile.open("a"))
    except OSError:
        logs.configure(program)
    return settings


def ifup() -> None:
    """Wire the card that the environment describes."""
    settings = _begin("kvm-ifup-custom")
    tap = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        card = from_environment(os.environ, tap)
    except CardError as error:
        sys.exit(f"kvm-ifup-custom: {error}")
    interface.up(card, settings)


def ifdown() -> None:
    """Undo what was done for a TAP."""
    settings = _begin("kvm-ifdown-custom")
    tap = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("INTERFACE", "")
    if not tap or "/" in tap or tap.startswith("."):
        sys.exit("kvm-ifdown-custom: name the interface")
    interface.down(tap, settings)


def hook() -> None:
    """After a machine moved, changed, stopped or went: announce, guard anew, or clear."""
    settings = _begin("snf-network-hook")
    instance = os.environ.get("GANETI_INSTANCE_NAME", "")
    tags = tuple(os.environ.get("GANETI_INSTANCE_TAGS", "").split())
    for card in interface.recall_all(settings):
        if card.instance != instance:
            continue
        if taps.index_of(card.tap) is None:
            interface.down(card.tap, settings)
        elif "GANETI_INSTANCE_TAGS" in os.environ and set(tags) != set(card.tags):
            interface.up(msgspec.structs.replace(card, tags=tags), settings)
        elif card.is_routed:
            routing.announce(card)


def set_up_host() -> None:
    """Prepare this node for a routed network: DEVICE TABLE SUBNET [GATEWAY]."""
    _begin("snf-network-host")
    words = sys.argv[1:]
    if len(words) not in {3, 4}:
        sys.exit("usage: snf-network-host DEVICE TABLE SUBNET [GATEWAY]")
    device, table, subnet = words[:3]
    try:
        host.prepare(device, table, subnet, words[3] if len(words) == 4 else "")
    except ValueError as error:
        sys.exit(f"snf-network-host: {error}")
