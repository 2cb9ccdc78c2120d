"""How components are shown to people: names, order, where they appear. Spec: identity 12.4."""

from typing import Any

from synnefo.astakos.models import Component
from synnefo.astakos.settings import OAuthSettings
from synnefo.kit import conf

Card = dict[str, Any]

_KNOWN: dict[str, Card] = {
    "astakos": {
        "order": 1,
        "dashboard": {"order": 3, "show": True, "description": "Your account and projects"},
        "cloudbar": {"show": False},
    },
    "pithos": {"order": 2, "dashboard": {"order": 1, "description": "Your files"}},
    "cyclades": {"order": 3, "dashboard": {"order": 2, "description": "Your machines"}},
}


def listed() -> list[Card]:
    """List the registered components in their order, with what the settings say of each."""
    more = conf.of(OAuthSettings).astakos_components_meta
    cards = [
        _merged(_ours(component), more.get(component.name, {}))
        for component in Component.objects.order_by("pk")
    ]
    return sorted(cards, key=lambda card: (card["order"], card["name"]))


def _ours(component: Component) -> Card:
    return _merged(_plain(component), _KNOWN.get(component.name, {}))


def _plain(component: Component) -> Card:
    return {
        "name": component.name,
        "url": component.url,
        "order": 1000,
        "verbose_name": component.name.replace("_", " ").title(),
        "cloudbar": {"show": True},
        "dashboard": {"show": True, "order": 1000, "description": ""},
    }


def _merged(under: Card, over: Card) -> Card:
    """Lay one card over another, at every depth, changing neither."""
    both = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            both[key] = _merged(under[key], over[key])
    return both
