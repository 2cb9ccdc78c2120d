"""Servers, flavors and key pairs as the older dialect shows them. Spec: compute 4."""

from typing import Any

from synnefo.cyclades.api.compute import links
from synnefo.cyclades.api.compute.facts import Facts
from synnefo.cyclades.domain.ports import Attachment, forwarding
from synnefo.cyclades.models import Diagnostic, Flavor, KeyPair
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf

View = dict[str, Any]


def _stamp(moment: Any) -> str:
    text: str = moment.isoformat()
    return text


def brief(server: Facts) -> View:
    """Show a server in a short list."""
    root = links.base(links.LEGACY)
    return {
        "id": server.id,
        "name": server.name,
        "links": links.of(root, "servers", server.id),
    }


def details(found: list[Facts]) -> list[View]:
    """Show servers in full."""
    root = links.base(links.LEGACY)
    fqdn = conf.of(CycladesSettings).cyclades_servers_fqdn
    return [_detail(server, root, fqdn) for server in found]


def _detail(server: Facts, root: str, fqdn: str) -> View:
    shown = server.status
    active = [one for one in server.attachments if one.state == "ACTIVE"]
    return {
        "id": server.id,
        "name": server.name,
        "links": links.of(root, "servers", server.id),
        "user_id": server.userid,
        "tenant_id": server.project,
        "shared_to_project": server.shared_to_project,
        "status": shown,
        "SNF:task_state": server.task_state,
        "progress": 100 if shown == "ACTIVE" else server.percent,
        "hostId": "",
        "config_drive": "",
        "accessIPv4": "",
        "accessIPv6": "",
        "created": _stamp(server.created),
        "updated": _stamp(server.updated),
        "flavor": {
            "id": server.flavor_id,
            "links": links.of(root, "flavors", server.flavor_id),
        },
        "image": {"id": server.imageid, "links": links.of_image(root, server.imageid)},
        "suspended": server.suspended,
        "deleted": server.deleted,
        "SNF:rescue": False,
        "metadata": server.metadata,
        "tags": server.tags,
        "attachments": [attachment(one) for one in active],
        "addresses": addresses(active),
        "volumes": server.volumes,
        "diagnostics": [server.fault] if server.fault else [],
        "security_groups": [{"name": "default"}],
        "key_name": server.key_names[0] if server.key_names else None,
        "SNF:key_names": server.key_names,
        "SNF:fqdn": fqdn % {"id": server.id} if fqdn else None,
        "SNF:port_forwarding": forwarding(active),
    }


def attachment(one: Attachment) -> View:
    """Show a network card with its addresses."""
    shown: View = {
        "id": one.port_id,
        "network_id": str(one.network_id),
        "mac_address": one.mac or "",
        "ipv4": "",
        "ipv6": "",
    }
    for address in one.addresses:
        shown[f"ipv{address.version}"] = address.address
        shown["OS-EXT-IPS:type"] = "floating" if address.floating else "fixed"
    if one.firewall:
        shown["firewallProfile"] = one.firewall
    return shown


def addresses(held: list[Attachment]) -> dict[str, list[View]]:
    """Show addresses by network."""
    found: dict[str, list[View]] = {}
    for one in held:
        shown = found.setdefault(str(one.network_id), [])
        shown.extend(
            {
                "version": address.version,
                "addr": address.address,
                "OS-EXT-IPS:type": "floating" if address.floating else "fixed",
            }
            for address in one.addresses
        )
    return found


def flavor(one: Flavor, *, detail: bool) -> View:
    """Show a flavor."""
    root = links.base(links.LEGACY)
    shown: View = {
        "id": one.id,
        "name": one.name,
        "links": links.of(root, "flavors", one.id),
    }
    if detail:
        shown |= {
            "ram": one.ram,
            "disk": one.disk,
            "vcpus": one.cpu,
            "SNF:disk_template": one.volume_type.disk_template,
            "SNF:volume_type": one.volume_type_id,
            "SNF:allow_create": one.allow_create,
            "os-flavor-access:is_public": one.public,
            "SNF:flavor-access": [],
        }
    return shown


def keypair(pair: KeyPair, *, detail: bool = False) -> View:
    """Show a key pair."""
    shown: View = {
        "name": pair.name,
        "fingerprint": pair.fingerprint,
        "public_key": pair.content,
    }
    if detail:
        shown |= {
            "id": pair.id,
            "user_id": pair.userid,
            "created_at": _stamp(pair.created),
            "updated_at": _stamp(pair.created),
            "deleted": False,
            "deleted_at": None,
        }
    return shown


def diagnostic(one: Diagnostic) -> View:
    """Show what happened to a server."""
    shown: View = {
        "level": one.level,
        "source": one.source,
        "message": one.message,
        "details": one.details,
        "created": _stamp(one.created),
    }
    if one.source_date is not None:
        shown["source_date"] = _stamp(one.source_date)
    return shown
