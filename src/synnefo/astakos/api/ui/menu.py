"""The menu and the services as scripts of sibling pages ask for them. Spec: identity 12.3, 12.4.

Both may be asked for with `callback`, for pages of other hosts of the same site: the session's
cookie goes with requests of that site only, so that others learn nothing of who is signed in.
"""

from importlib.resources import files

import msgspec

from synnefo.astakos.api.jsonp import told
from synnefo.astakos.api.ui import browser
from synnefo.astakos.usecases import addresses, component_cards
from synnefo.astakos.usecases.component_cards import Card
from synnefo.kit.faults import ItemNotFound
from synnefo.serve.http import Call, Reply

_ASSETS = {"cloudbar.js": "text/javascript", "cloudbar.css": "text/css"}


class Item(msgspec.Struct, omit_defaults=True):
    """One entry of the menu."""

    url: str
    name: str
    is_active: bool = False


def get_menu(call: Call) -> Reply:
    """List the entries of the menu: to sign in, or who is signed in and where to go from here."""
    session = browser.session_of(call)
    if session is None:
        return _told(call, [Item(addresses.page(""), "Sign in")])
    location = call.arg("location") or ""
    pages = [(session.user.email, ""), ("Dashboard", "overview"), ("Sign out", "signout")]
    items = [Item(addresses.page(page), name) for name, page in pages]
    for item in items:
        item.is_active = bool(location) and location.startswith(item.url)
    return _told(call, items)


def get_services(call: Call) -> Reply:
    """List the components as they are shown to people."""
    cards: list[Card] = component_cards.listed()
    return _told(call, cards)


def show_asset(call: Call, name: str) -> Reply:
    """Send the script or the style of the bar that leads from service to service."""
    del call
    kind = _ASSETS.get(name)
    if kind is None:
        raise ItemNotFound("There is nothing at this address.")
    data = files("synnefo.astakos").joinpath("static", name).read_bytes()
    headers = {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "max-age=3600"}
    return Reply(headers=headers, body=data)


def _told(call: Call, items: object) -> Reply:
    return told(call, items, {"Cache-Control": "no-store", "Vary": "Cookie"})
