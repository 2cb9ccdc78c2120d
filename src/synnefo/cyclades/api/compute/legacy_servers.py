"""Servers in the older dialect of compute. Spec: compute 4.2 to 4.11."""

from collections.abc import Callable
from typing import Any

from synnefo.cyclades.api.compute import facts, orders
from synnefo.cyclades.api.compute import legacy_views as views
from synnefo.cyclades.api.compute.schemas import (
    ChangeServer,
    CreateServer,
    Meta,
    Metadata,
    Tags,
)
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import ports, server_actions, servers
from synnefo.cyclades.usecases.servers import Wanted
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.kit.units import is_number
from synnefo.serve.http import Call, Reply
from synnefo.serve.http.paging import changes_since

View = dict[str, Any]


def list_servers(call: Call) -> Reply:
    """List the caller's servers, in short."""
    return _listed(call, lambda found: [views.brief(one) for one in found])


def list_servers_detail(call: Call) -> Reply:
    """List the caller's servers in full; 304 when nothing changed since the time asked."""
    return _listed(call, views.details)


def _listed(call: Call, show: Callable[[list[facts.Facts]], list[View]]) -> Reply:
    found = _read(call)
    if not found and call.arg("changes-since"):
        return Reply(status=304)
    return Reply(body={"servers": show(found)})


def _read(call: Call) -> list[facts.Facts]:
    since = changes_since(call, poll_limit=conf.of(CycladesSettings).poll_limit)
    return facts.of(servers.visible(call.who, Wanted(changes_since=since)))


def create_server(call: Call, body: CreateServer) -> View:
    """Start building a server. The password is shown in this answer only."""
    made = servers.create(call.who, orders.legacy(body.server))
    shown = views.details([facts.one(made.servers[0])])[0]
    return {"server": {**shown, "status": "BUILD", "adminPass": made.admin_pass}}


def show_server(call: Call, server_id: str) -> View:
    """Show a server; deleted ones too."""
    server = servers.show(call.who, server_id)
    return {"server": views.details([facts.one(server)])[0]}


def rename_server(call: Call, server_id: str, body: ChangeServer) -> None:
    """Rename a server."""
    if body.server.name is None:
        raise BadRequest("Give the server's new name.")
    servers.rename(call.who, server_id, name=body.server.name)


def delete_server(call: Call, server_id: str) -> None:
    """Delete a server; again is fine."""
    if not servers.show(call.who, server_id).deleted:
        server_actions.destroy(call.who, server_id)


def list_metadata(call: Call, server_id: str) -> View:
    """Show a server's metadata."""
    return {"metadata": servers.show(call.who, server_id).metadata}


def merge_metadata(call: Call, server_id: str, body: Metadata) -> View:
    """Merge metadata into a server's; answers the whole."""
    return {"metadata": servers.change_metadata(call.who, server_id, body.metadata)}


def show_metadata_item(call: Call, server_id: str, key: str) -> View:
    """Show one metadata item."""
    found = servers.show(call.who, server_id).metadata
    if key not in found:
        raise ItemNotFound(f"The server has no metadata item '{key}'.")
    return {"meta": {key: found[key]}}


def put_metadata_item(call: Call, server_id: str, key: str, body: Meta) -> View:
    """Set one metadata item."""
    if list(body.meta) != [key]:
        raise BadRequest(f"The body must hold the item '{key}' and nothing else.")
    merged = servers.change_metadata(call.who, server_id, body.meta)
    return {"meta": {key: merged[key]}}


def delete_metadata_item(call: Call, server_id: str, key: str) -> None:
    """Remove one metadata item."""
    servers.drop_metadata(call.who, server_id, key)


def list_tags(call: Call, server_id: str) -> View:
    """List a server's tags."""
    tags = servers.tags_of(servers.show(call.who, server_id))
    return {"tags": tags, "statuses": ["ACTIVE"] * len(tags)}


def replace_tags(call: Call, server_id: str, body: Tags) -> View:
    """Put these tags in the place of all others."""
    tags = servers.replace_tags(call.who, server_id, body.tags)
    return {"tags": tags, "statuses": ["ACTIVE"] * len(tags)}


def delete_tags(call: Call, server_id: str) -> None:
    """Remove every tag; 404 when there are none."""
    if not servers.tags_of(servers.show(call.who, server_id)):
        raise ItemNotFound("The server has no tags.")
    servers.replace_tags(call.who, server_id, [])


def show_tag(call: Call, server_id: str, tag: str) -> Reply:
    """Tell whether a server has a tag."""
    if tag not in servers.tags_of(servers.show(call.who, server_id)):
        raise ItemNotFound(f"The server has no tag '{tag}'.")
    return Reply(status=204, headers={"tag-status": "ACTIVE"})


def put_tag(call: Call, server_id: str, tag: str) -> Reply:
    """Give a server a tag."""
    tags = servers.tags_of(servers.show(call.who, server_id))
    if tag in tags:
        return Reply(status=204)
    servers.replace_tags(call.who, server_id, [*tags, tag])
    return Reply(status=201, headers={"Location": call.path})


def delete_tag(call: Call, server_id: str, tag: str) -> None:
    """Take a tag from a server."""
    tags = servers.tags_of(servers.show(call.who, server_id))
    if tag not in tags:
        raise ItemNotFound(f"The server has no tag '{tag}'.")
    servers.replace_tags(call.who, server_id, [one for one in tags if one != tag])


def list_addresses(call: Call, server_id: str) -> View:
    """Show a server's addresses and network cards."""
    active = _active(call, server_id)
    return {
        "addresses": views.addresses(active),
        "attachments": [views.attachment(one) for one in active],
    }


def show_network_addresses(call: Call, server_id: str, network_id: str) -> View:
    """Show a server's addresses on one network."""
    found = views.addresses(_active(call, server_id))
    if network_id not in found:
        raise ItemNotFound(f"The server is not on the network '{network_id}'.")
    return {"network": {network_id: found[network_id]}}


def _active(call: Call, server_id: str) -> list[Any]:
    server = servers.show(call.who, server_id)
    held = ports.addresses_of([server.id]).get(server.id, [])
    return [one for one in held if one.state == "ACTIVE"]


def list_diagnostics(call: Call, server_id: str) -> list[View]:
    """Tell what happened to a server, newest first."""
    found = servers.show(call.who, server_id).diagnostics.all()
    return [views.diagnostic(one) for one in found]


def list_volume_attachments(call: Call, server_id: str) -> View:
    """List a server's volumes."""
    server = servers.show(call.who, server_id)
    held = server.volumes.filter(deleted=False).order_by("index").values_list("id", flat=True)
    return {"volumeAttachments": [_attached(server.id, volume) for volume in held]}


def show_volume_attachment(call: Call, server_id: str, volume_id: str) -> View:
    """Show one of a server's volumes."""
    server = servers.show(call.who, server_id)
    mine = server.volumes.filter(deleted=False)
    if not is_number(volume_id) or not mine.filter(id=int(volume_id)).exists():
        raise BadRequest(f"The volume '{volume_id}' is not attached to this server.")
    return {"volumeAttachment": _attached(server.id, int(volume_id))}


def _attached(server_id: int, volume_id: int) -> View:
    return {"id": volume_id, "volumeId": volume_id, "serverId": server_id, "device": ""}
