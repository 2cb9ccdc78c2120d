"""Addresses that are shown to people."""

from urllib.parse import quote

from synnefo.kit import conf
from synnefo.pithos.domain.places import Place
from synnefo.pithos.settings import PithosSettings


def public_url(url_id: str) -> str:
    """Write the address of a public object."""
    return f"{conf.of(PithosSettings).pithos_base_url.rstrip('/')}/public/{url_id}"


def storage_url(account: str) -> str:
    """Write the address that Swift's clients use for an account."""
    return f"{conf.of(PithosSettings).pithos_base_url.rstrip('/')}/v1/AUTH_{account}"


def link_to(place: Place) -> str:
    """Write the path of an object for Swift's clients."""
    return quote(f"/v1/AUTH_{place.path}")
