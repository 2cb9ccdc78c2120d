"""Addresses that are shown to people."""

from synnefo.kit import conf
from synnefo.pithos.settings import PithosSettings


def public_url(url_id: str) -> str:
    """Write the address of a public object."""
    return f"{conf.of(PithosSettings).pithos_base_url.rstrip('/')}/public/{url_id}"


def storage_url(account: str) -> str:
    """Write the address that Swift's clients use for an account."""
    return f"{conf.of(PithosSettings).pithos_base_url.rstrip('/')}/v1/AUTH_{account}"
