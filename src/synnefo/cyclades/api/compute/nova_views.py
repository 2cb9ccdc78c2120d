"""Servers, flavors and key pairs as Nova's clients expect them. Spec: openstack-api 6.4, 6.5.

A field that came with a later version is left out below it.
"""

from datetime import datetime
from typing import Any

import msgspec

from synnefo.cyclades.api.compute import links
from synnefo.cyclades.api.compute.facts import Facts
from synnefo.cyclades.api.compute.microversions import Version
from synnefo.cyclades.domain.ports import forwarding
from synnefo.cyclades.models import Flavor, KeyPair
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf
from synnefo.serve.http import Caller

View = dict[str, Any]

STATUS = {"STOPPED": "SHUTOFF"}
VM_STATES = {
    "BUILD": "building",
    "STARTED": "active",
    "STOPPED": "stopped",
    "ERROR": "error",
    "DESTROYED": "deleted",
}
POWER_STATES = {"STARTED": 1, "STOPPED": 4}
TASK_STATES = {
    "BUILD": "spawning",
    "START": "powering-on",
    "STOP": "powering-off",
    "REBOOT": "rebooting",
    "DESTROY": "deleting",
    "RESIZE": "resize_prep",
    "CONNECT": "networking",
    "DISCONNECT": "networking",
}
STATES_OF = {
    "ACTIVE": ("STARTED",),
    "SHUTOFF": ("STOPPED",),
    "STOPPED": ("STOPPED",),
    "BUILD": ("BUILD",),
    "ERROR": ("ERROR",),
    "DELETED": ("DESTROYED",),
}
"""The states that a wanted status stands for."""


class Eye(msgspec.Struct):
    """Who looks, in which version, at which address; what many servers share is made once."""

    version: Version
    admin: bool
    root: str
    prefix: str
    flavors: dict[int, View] = {}
    images: dict[str, View] = {}


def eye(caller: Caller, version: Version) -> Eye:
    """Decide how one caller sees servers."""
    prefix = conf.of(CycladesSettings).backend_prefix_id
    return Eye(version, caller.is_admin, links.base(links.NOVA), prefix)


def brief(server: Facts, root: str) -> View:
    """Show a server in a short list."""
    return {
        "id": str(server.id),
        "name": server.name,
        "links": links.of(root, "servers", server.id),
    }


def detail(server: Facts, seen: Eye) -> View:
    """Show a server in full."""
    shown = server.status
    view = {
        **brief(server, seen.root),
        "status": STATUS.get(shown, shown),
        "tenant_id": server.project,
        "user_id": server.userid,
        "metadata": server.metadata,
        "hostId": "",
        "image": _image_of(server, seen),
        "flavor": _flavor_of(server, seen),
        "created": _stamp(server.created),
        "updated": _stamp(server.updated),
        "addresses": addresses(server),
        "accessIPv4": "",
        "accessIPv6": "",
        "key_name": server.key_names[0] if server.key_names else None,
        "config_drive": "True" if server.config_drive else "",
        "SNF:port_forwarding": forwarding(server.attachments),
        **_states(server),
        **_ever_since(server, seen),
    }
    if shown in {"ACTIVE", "BUILD"}:
        view["progress"] = 100 if shown == "ACTIVE" else server.percent
    if shown == "ERROR" and server.fault:
        view["fault"] = _fault(server.fault)
    if server.attachments:
        view["security_groups"] = [{"name": "default"}]
    return view


def _states(server: Facts) -> View:
    return {
        "OS-DCF:diskConfig": "MANUAL",
        "OS-EXT-STS:task_state": TASK_STATES.get(server.task or ""),
        "OS-EXT-STS:vm_state": VM_STATES.get(server.operstate, "error"),
        "OS-EXT-STS:power_state": POWER_STATES.get(server.operstate, 0),
        "OS-EXT-AZ:availability_zone": server.availability_zone,
        "OS-SRV-USG:launched_at": _plain(server.launched),
        "OS-SRV-USG:terminated_at": _plain(server.terminated),
    }


def _plain(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="microseconds")[:26]


def _stamp(moment: datetime) -> str:
    """Write a time quicker than `strftime` does; the database answers UTC."""
    return f"{moment.isoformat(timespec='seconds')[:19]}Z"


def _fault(told: View) -> View:
    return {"code": 500, "created": told.get("created"), "message": told.get("message", "")}


def _image_of(server: Facts, seen: Eye) -> View:
    view = seen.images.get(server.imageid)
    if view is None:
        shown = links.of(seen.root, "images", server.imageid)[1:]
        view = seen.images[server.imageid] = {"id": server.imageid, "links": shown}
    return view


def _flavor_of(server: Facts, seen: Eye) -> View:
    view = seen.flavors.get(server.flavor_id)
    if view is None:
        view = seen.flavors[server.flavor_id] = _flavor_view(server, seen)
    return view


def _flavor_view(server: Facts, seen: Eye) -> View:
    if seen.version < (2, 47):
        return {
            "id": str(server.flavor_id),
            "links": links.of(seen.root, "flavors", server.flavor_id)[1:],
        }
    return {
        "vcpus": server.cpu,
        "ram": server.ram,
        "disk": server.disk,
        "ephemeral": 0,
        "swap": 0,
        "original_name": server.flavor_name,
        "extra_specs": {},
    }


def _ever_since(server: Facts, seen: Eye) -> View:
    """Add what came with later versions, and what only administrators see."""
    version = seen.version
    volumes: list[View] = [{"id": str(volume)} for volume in server.volumes]
    if version >= (2, 3):
        for volume in volumes:
            volume["delete_on_termination"] = True
    gated: list[tuple[Version, str, object]] = [
        ((2, 9), "locked", server.locked is not None),
        ((2, 19), "description", server.description),
        ((2, 26), "tags", server.tags),
        ((2, 63), "trusted_image_certificates", None),
        ((2, 73), "locked_reason", server.locked or None),
    ]
    view: View = {name: value for first, name, value in gated if version >= first}
    view["os-extended-volumes:volumes_attached"] = volumes
    return {**view, **_for_admins(server, seen)} if seen.admin else view


def _for_admins(server: Facts, seen: Eye) -> View:
    name = f"{seen.prefix}{server.id}"
    view: View = {
        "OS-EXT-SRV-ATTR:host": server.cluster,
        "OS-EXT-SRV-ATTR:hypervisor_hostname": server.cluster,
        "OS-EXT-SRV-ATTR:instance_name": name,
    }
    if seen.version >= (2, 3):
        view |= {
            "OS-EXT-SRV-ATTR:hostname": server.name,
            "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
            "OS-EXT-SRV-ATTR:user_data": None,
            "OS-EXT-SRV-ATTR:launch_index": 0,
            "OS-EXT-SRV-ATTR:reservation_id": "",
            "OS-EXT-SRV-ATTR:kernel_id": "",
            "OS-EXT-SRV-ATTR:ramdisk_id": "",
        }
    if seen.version >= (2, 16):
        view["host_status"] = "UNKNOWN" if server.is_lost else "UP"
    return view


def addresses(server: Facts) -> dict[str, list[View]]:
    """Show addresses by the name of their network."""
    found: dict[str, list[View]] = {}
    for held in server.attachments:
        for address in held.addresses:
            found.setdefault(held.network_name or str(held.network_id), []).append(
                {
                    "addr": address.address,
                    "version": address.version,
                    "OS-EXT-IPS:type": "floating" if address.floating else "fixed",
                    "OS-EXT-IPS-MAC:mac_addr": held.mac or "",
                }
            )
    return found


def flavor(one: Flavor, version: Version, *, in_full: bool) -> View:
    """Show a flavor."""
    root = links.base(links.NOVA)
    view: View = {
        "id": str(one.id),
        "name": one.name,
        "links": links.of(root, "flavors", one.id),
    }
    if version >= (2, 55):
        view["description"] = None
    if in_full:
        view |= {
            "ram": one.ram,
            "disk": one.disk,
            "vcpus": one.cpu,
            "swap": 0 if version >= (2, 75) else "",
            "OS-FLV-EXT-DATA:ephemeral": 0,
            "OS-FLV-DISABLED:disabled": not one.allow_create,
            "os-flavor-access:is_public": one.public,
            "rxtx_factor": 1.0,
        }
        if version >= (2, 61):
            view["extra_specs"] = one.specs
    return view


def keypair(pair: KeyPair, version: Version) -> View:
    """Show a key pair in a list."""
    view: View = {
        "name": pair.name,
        "public_key": pair.content,
        "fingerprint": pair.fingerprint,
    }
    if version >= (2, 2):
        view["type"] = pair.type
    return view


def keypair_in_full(pair: KeyPair, version: Version) -> View:
    """Show one key pair."""
    return {
        **keypair(pair, version),
        "user_id": pair.userid,
        "id": pair.id,
        "created_at": _plain(pair.created),
        "deleted": False,
        "deleted_at": None,
        "updated_at": None,
    }
