"""Flavors, key pairs and the rest of the older dialect. Spec: compute 4.12 to 4.17."""

from typing import Any

from synnefo.cyclades.api.compute import legacy_views as views
from synnefo.cyclades.api.compute.schemas import CreateKeyPair
from synnefo.cyclades.usecases import flavors, keypairs
from synnefo.kit.faults import ItemNotFound
from synnefo.serve.http import Call

View = dict[str, Any]


def list_flavors(call: Call) -> View:
    """List flavors, in short."""
    return {"flavors": [views.flavor(one, detail=False) for one in flavors.visible(call.who)]}


def list_flavors_detail(call: Call) -> View:
    """List flavors in full."""
    return {"flavors": [views.flavor(one, detail=True) for one in flavors.visible(call.who)]}


def show_flavor(call: Call, flavor_id: str) -> View:
    """Show a flavor."""
    return {"flavor": views.flavor(flavors.show(call.who, flavor_id), detail=True)}


def show_flavor_specs(call: Call, flavor_id: str) -> View:
    """Show what else is said of a flavor."""
    return {"extra_specs": flavors.show(call.who, flavor_id).specs}


def list_keypairs(call: Call) -> View:
    """List the caller's key pairs."""
    pairs = keypairs.list_of(call.who)
    return {"keypairs": [{"keypair": views.keypair(pair)} for pair in pairs]}


def create_keypair(call: Call, body: CreateKeyPair) -> View:
    """Keep a public key, or make a pair; its private half is shown in this answer only."""
    made = keypairs.create(call.who, body.keypair.name, body.keypair.public_key)
    shown = {**views.keypair(made.pair), "user_id": made.pair.userid}
    if made.private_key is not None:
        shown["private_key"] = made.private_key
    return {"keypair": shown}


def show_keypair(call: Call, name: str) -> View:
    """Show one key pair."""
    return {"keypair": views.keypair(keypairs.show(call.who, name), detail=True)}


def delete_keypair(call: Call, name: str) -> None:
    """Forget a key pair."""
    keypairs.delete(call.who, name)


def list_extensions(_call: Call) -> View:
    """List extensions: there are none."""
    return {"extensions": []}


def show_extension(_call: Call, alias: str) -> None:
    """Refuse: there are no extensions."""
    raise ItemNotFound(f"There is no extension '{alias}'.")
