"""Servers in the newer dialect of compute. Spec: openstack-api 6.2 to 6.4."""

from typing import Any

import msgspec

from synnefo.cyclades.api.compute import facts, links, microversions, orders
from synnefo.cyclades.api.compute import nova_views as views
from synnefo.cyclades.api.compute.schemas import ChangeServer, CreateServer, Meta, Metadata, Tags
from synnefo.cyclades.models import Server
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import server_actions, servers, volume_plugs
from synnefo.cyclades.usecases.servers import Wanted
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.kit.units import is_number
from synnefo.serve.http import Call, Reply
from synnefo.serve.http.paging import changes_since, limit_of, marker_of

View = dict[str, Any]
_TRUE = frozenset({"true", "1", "t", "yes", "on", ""})
_EXACT = {
    "flavor": "flavor_id",
    "image": "imageid",
    "project_id": "project",
    "tenant_id": "project",
    "user_id": "userid",
    "availability_zone": "availability_zone",
    "host": "cluster__clustername",
}
_ADMINS_ONLY = frozenset({"host", "project_id", "tenant_id", "user_id"})


def list_servers(call: Call) -> View:
    """List servers, in short."""
    root = links.base(links.NOVA)
    return _page(call, "servers", lambda one: views.brief(one, root))


def list_servers_detail(call: Call) -> View:
    """List servers in full."""
    seen = views.eye(call.who, microversions.of(call))
    return _page(call, "servers/detail", lambda one: views.detail(one, seen))


def _page(call: Call, path: str, show: Any) -> View:
    wanted = _wanted(call)
    if wanted is None:
        return {"servers": []}
    found = facts.of(servers.visible(call.who, wanted))
    view: View = {"servers": [show(one) for one in found]}
    if wanted.limit and len(found) == wanted.limit:
        kept = "".join(
            f"&{name}={value}"
            for name, values in call.query.items()
            for value in values
            if name != "marker"
        )
        href = f"{links.base(links.NOVA)}/{path}?marker={found[-1].id}{kept}"
        view["servers_links"] = [{"rel": "next", "href": href}]
    return view


def _wanted(call: Call) -> Wanted | None:
    """Read the filters of a list; None when nothing can match."""
    exact = _exact(call)
    states = _states(call)
    if exact is None or states == ():
        return None
    asked = call.arg("all_tenants", call.arg("all_projects"))
    return Wanted(
        changes_since=changes_since(call, poll_limit=0),
        all_users=asked is not None and asked.lower() in _TRUE,
        deleted=_deleted(call),
        fields=exact,
        name=call.arg("name"),
        states=states,
        marker=marker_of(call),
        limit=limit_of(call),
        newest_first=call.arg("sort_dir", "desc") == "desc",
    )


def _exact(call: Call) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for name, column in _EXACT.items():
        value = call.arg(name)
        if value and (call.who.is_admin or name not in _ADMINS_ONLY):
            found[column] = orders.last_part(value)
    if not is_number(found.get("flavor_id", "1")):
        return None
    return found


def _states(call: Call) -> tuple[str, ...] | None:
    asked = call.query.get("status")
    if not asked:
        return None
    return tuple(state for one in asked for state in views.STATES_OF.get(one.upper(), ()))


def _deleted(call: Call) -> bool | None:
    text = call.arg("deleted")
    if text is None:
        return True if (call.arg("status") or "").upper() == "DELETED" else None
    return text.lower() in _TRUE and call.who.is_admin


def create_server(call: Call, body: CreateServer) -> Reply:
    """Start building servers. The password is shown in this answer only."""
    order = orders.nova(body.server, microversions.of(call))
    made = servers.create(call.who, order)
    first = made.servers[0]
    root = links.base(links.NOVA)
    view = {
        "id": str(first.id),
        "links": links.of(root, "servers", first.id),
        "OS-DCF:diskConfig": "MANUAL",
        "security_groups": [{"name": "default"}],
        "adminPass": made.admin_pass,
    }
    location = {"Location": f"{root}/servers/{first.id}"}
    if body.server.return_reservation_id:
        return Reply(status=202, headers=location, body={"reservation_id": f"r-{first.id}"})
    return Reply(status=202, headers=location, body={"server": view})


def show_server(call: Call, server_id: str) -> View:
    """Show a server."""
    return _shown(call, servers.show(call.who, server_id, deleted=False))


def _shown(call: Call, server: Server) -> View:
    seen = views.eye(call.who, microversions.of(call))
    return {"server": views.detail(facts.one(server), seen)}


def change_server(call: Call, server_id: str, body: ChangeServer) -> View:
    """Rename a server, or describe it anew."""
    servers.show(call.who, server_id, deleted=False)
    told = body.server.description
    description = told if isinstance(told, str) else ("" if told is None else None)
    server = servers.rename(call.who, server_id, name=body.server.name, description=description)
    return _shown(call, server)


def delete_server(call: Call, server_id: str) -> None:
    """Delete a server, also one that is being built."""
    servers.show(call.who, server_id, deleted=False)
    server_actions.destroy(call.who, server_id, while_building=True)


def list_metadata(call: Call, server_id: str) -> View:
    """Show a server's metadata."""
    return {"metadata": servers.show(call.who, server_id, deleted=False).metadata}


def merge_metadata(call: Call, server_id: str, body: Metadata) -> View:
    """Merge metadata into a server's."""
    return {"metadata": servers.change_metadata(call.who, server_id, body.metadata)}


def replace_metadata(call: Call, server_id: str, body: Metadata) -> View:
    """Put this metadata in the place of all other."""
    kept = servers.change_metadata(call.who, server_id, body.metadata, replace=True)
    return {"metadata": kept}


def show_metadata_item(call: Call, server_id: str, key: str) -> View:
    """Show one metadata item."""
    found = servers.show(call.who, server_id, deleted=False).metadata
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


def list_addresses(call: Call, server_id: str) -> View:
    """Show a server's addresses."""
    server = facts.one(servers.show(call.who, server_id, deleted=False))
    return {"addresses": _plain_addresses(server)}


def show_network_addresses(call: Call, server_id: str, network: str) -> View:
    """Show a server's addresses on one network, by its name."""
    server = facts.one(servers.show(call.who, server_id, deleted=False))
    found = _plain_addresses(server)
    if network not in found:
        raise ItemNotFound(f"The server is not on the network '{network}'.")
    return {network: found[network]}


def _plain_addresses(server: facts.Facts) -> dict[str, list[View]]:
    return {
        name: [{"addr": one["addr"], "version": one["version"]} for one in held]
        for name, held in views.addresses(server).items()
    }


def list_tags(call: Call, server_id: str) -> View:
    """List a server's tags."""
    return {"tags": servers.tags_of(servers.show(call.who, server_id, deleted=False))}


def replace_tags(call: Call, server_id: str, body: Tags) -> View:
    """Put these tags in the place of all others."""
    limit = conf.of(CycladesSettings).cyclades_vm_max_tags
    if len(body.tags) > limit:
        raise BadRequest(f"A server can carry at most {limit} tags.")
    return {"tags": servers.replace_tags(call.who, server_id, body.tags)}


def list_interfaces(call: Call, server_id: str) -> View:
    """List a server's network cards."""
    server = facts.one(servers.show(call.who, server_id, deleted=False))
    return {"interfaceAttachments": [_interface(one) for one in server.attachments]}


def show_interface(call: Call, server_id: str, port_id: str) -> View:
    """Show one of a server's network cards."""
    server = facts.one(servers.show(call.who, server_id, deleted=False))
    for one in server.attachments:
        if str(one.port_id) == port_id:
            return {"interfaceAttachment": _interface(one)}
    raise ItemNotFound(f"The server has no port '{port_id}'.")


def _interface(one: Any) -> View:
    return {
        "net_id": str(one.network_id),
        "port_id": str(one.port_id),
        "mac_addr": one.mac or "",
        "port_state": one.state,
        "fixed_ips": [{"subnet_id": "", "ip_address": ip.address} for ip in one.addresses],
    }


def list_volume_attachments(call: Call, server_id: str) -> View:
    """List a server's volumes."""
    server = facts.one(servers.show(call.who, server_id, deleted=False))
    version = microversions.of(call)
    shown = [_attached(server, volume, version) for volume in server.volumes]
    return {"volumeAttachments": shown}


def show_volume_attachment(call: Call, server_id: str, volume_id: str) -> View:
    """Show one of a server's volumes."""
    server = facts.one(servers.show(call.who, server_id, deleted=False))
    if volume_id not in map(str, server.volumes):
        raise ItemNotFound(f"The volume '{volume_id}' is not attached to this server.")
    return {"volumeAttachment": _attached(server, int(volume_id), microversions.of(call))}


class Attachment(msgspec.Struct, rename="camel"):
    """Which volume goes into a server."""

    volume_id: str | int


class NewAttachment(msgspec.Struct, rename="camel"):
    """The body of POST /servers/ID/os-volume_attachments."""

    volume_attachment: Attachment


def attach_volume(call: Call, server_id: str, body: NewAttachment) -> View:
    """Attach a volume to a server; it shows in the guest in a moment."""
    server = servers.show(call.who, server_id, deleted=False)
    wanted = str(body.volume_attachment.volume_id)
    volume = volume_plugs.attach(call.who, str(server.id), wanted)
    shown = facts.one(servers.show(call.who, server_id, deleted=False))
    return {"volumeAttachment": _attached(shown, volume.id, microversions.of(call))}


def detach_volume(call: Call, server_id: str, volume_id: str) -> None:
    """Take a volume out of a server; it keeps what it holds."""
    server = servers.show(call.who, server_id, deleted=False)
    volume_plugs.detach(call.who, str(server.id), volume_id)


def _attached(server: facts.Facts, volume: int, version: microversions.Version) -> View:
    place = server.volumes.index(volume)
    view: View = {
        "id": str(volume),
        "volumeId": str(volume),
        "serverId": str(server.id),
        "device": f"/dev/vd{chr(ord('a') + place)}",
    }
    if version >= (2, 70):
        view["tag"] = None
    if version >= (2, 79):
        view["delete_on_termination"] = True
    return view


def list_security_groups(call: Call, server_id: str) -> View:
    """List a server's security groups."""
    servers.show(call.who, server_id, deleted=False)
    group = {"id": "default", "name": "default", "description": "", "rules": []}
    return {"security_groups": [{**group, "tenant_id": call.who.project_id}]}
