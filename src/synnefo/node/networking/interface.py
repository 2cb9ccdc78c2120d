"""A card comes up on a node, and goes down. Spec: images-and-nodes 3.3, 3.4."""

import os
from collections.abc import Callable

import msgspec

from synnefo.kit.logs import get_logger
from synnefo.node.dhcp import binding as bindings
from synnefo.node.dhcp import taps
from synnefo.node.dhcp.binding import Binding
from synnefo.node.networking import kernel, routing, rules
from synnefo.node.networking.cards import Card
from synnefo.node.networking.settings import Settings

log = get_logger(__name__)


def up(card: Card, settings: Settings) -> None:
    """Wire a card whose TAP is there; may be run again and again."""
    with kernel.one_at_a_time(settings.state_dir):
        known = recall(settings, card.tap)
        _clear(known or card, settings)
        _remember(settings, card)
        if card.is_routed:
            _raise_routed(card, settings)
        else:
            _raise_bridged(card, settings)
        if settings.nfdhcpd_tag in card.network_tags:
            _serve(settings, card, "nfdhcpd", lambda: _bind(card, settings))
    _extra(settings, card)


def down(tap: str, settings: Settings) -> None:
    """Undo everything of a card; its TAP may be gone already."""
    with kernel.one_at_a_time(settings.state_dir):
        known = recall(settings, tap)
        _clear(known or Card(tap=tap, mac="00:00:00:00:00:00"), settings)


def _clear(card: Card, settings: Settings) -> None:
    if card.is_routed:
        routing.lower(card)
    kernel.rules(rules.BASE + rules.clear(card.tap))
    _call_service(settings, card, "clear_firewall_service")
    bindings.remove(settings.nfdhcpd_state_dir, card.tap)
    (settings.state_dir / card.tap).unlink(missing_ok=True)


def _raise_routed(card: Card, settings: Settings) -> None:
    kernel.attempt("ip", "link", "set", card.tap, "address", settings.tap_constant_mac, "up")
    _serve(settings, card, "ebtables", lambda: _guard(card, settings))

    def route() -> None:
        if card.ip and "disable_ipv4" not in card.tags:
            routing.raise_ipv4(card)
        if card.eui64 and "disable_ipv6" not in card.tags:
            routing.raise_ipv6(card)
        routing.announce(card)

    _serve(settings, card, "routed", route)


def _raise_bridged(card: Card, settings: Settings) -> None:
    """Guard the card before the bridge carries its first packet."""
    _serve(settings, card, "ebtables", lambda: _guard(card, settings))

    def join() -> None:
        mtu = taps.mtu_of(card.link)
        if mtu:
            kernel.attempt("ip", "link", "set", card.tap, "mtu", str(mtu))
        kernel.attempt("ip", "link", "set", card.tap, "up")
        kernel.attempt("ip", "link", "set", card.tap, "master", card.link)

    _serve(settings, card, "bridged", join)


def _guard(card: Card, settings: Settings) -> None:
    if not kernel.rules(rules.of_card(card, settings)):
        log.error("a card is not guarded", tap=card.tap, instance=card.instance)


def _bind(card: Card, settings: Settings) -> None:
    bindings.write(
        settings.nfdhcpd_state_dir,
        Binding(
            tap=card.tap,
            mac=card.mac,
            indev=card.indev,
            ip=card.ip if "disable_ipv4" not in card.tags else "",
            hostname=card.instance,
            tags=card.network_tags,
            gateway=card.gateway,
            subnet=card.subnet,
            gateway6=card.gateway6,
            subnet6=card.subnet6 if "disable_ipv6" not in card.tags else "",
            eui64=card.eui64,
            mtu=0 if card.is_routed else taps.mtu_of(card.link),
        ),
    )


def _remember(settings: Settings, card: Card) -> None:
    draft = settings.state_dir / f".{card.tap}.new"
    draft.write_bytes(msgspec.json.encode(card))
    draft.replace(settings.state_dir / card.tap)


def recall(settings: Settings, tap: str) -> Card | None:
    """Answer what a TAP was wired for; None when that is not known."""
    try:
        return msgspec.json.decode((settings.state_dir / tap).read_bytes(), type=Card)
    except (OSError, msgspec.MsgspecError):
        return None


def recall_all(settings: Settings) -> list[Card]:
    """Answer every card that is wired on this node."""
    if not settings.state_dir.exists():
        return []
    names = [path.name for path in settings.state_dir.iterdir() if not path.name.startswith(".")]
    return [card for name in sorted(names) if (card := recall(settings, name)) is not None]


def _serve(settings: Settings, card: Card, step: str, act: Callable[[], None]) -> None:
    _call_service(settings, card, f"pre_setup_{step}")
    act()
    _call_service(settings, card, f"post_setup_{step}")


def _call_service(settings: Settings, card: Card, function: str) -> None:
    """Call a shell function of the operator's service file, if there is one."""
    if not settings.servicename:
        return
    path = settings.service_dir / settings.servicename
    if path.exists():
        script = '. "$1"; if declare -F "$2" > /dev/null; then "$2"; fi'
        kernel.attempt(
            "env", *_variables(card), "bash", "-c", script, "service", str(path), function
        )


def _extra(settings: Settings, card: Card) -> None:
    if os.access(settings.ifup_extra_script, os.X_OK):
        kernel.attempt("env", *_variables(card), str(settings.ifup_extra_script), card.tap)


def _variables(card: Card) -> list[str]:
    told = {
        "INTERFACE": card.tap,
        "INDEV": card.indev,
        "MAC": card.mac,
        "IP": card.ip,
        "MODE": card.mode,
        "LINK": card.link,
        "INSTANCE": card.instance,
        "TAGS": " ".join(card.tags),
        "EUI64": card.eui64,
        "NETWORK_NAME": card.network,
        "NETWORK_TAGS": " ".join(card.network_tags),
        "NETWORK_SUBNET": card.subnet,
        "NETWORK_GATEWAY": card.gateway,
        "NETWORK_SUBNET6": card.subnet6,
        "NETWORK_GATEWAY6": card.gateway6,
    }
    return [f"{name}={value}" for name, value in told.items()]
