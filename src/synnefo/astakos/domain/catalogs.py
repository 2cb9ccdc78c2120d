"""The two catalogues, made from the registered services.

Spec: identity 6.2 (platform, Identity v2.0), openstack-api 3 and 5 (Identity v3).
"""

import uuid
from collections.abc import Sequence

import msgspec

INTERFACES = ("public", "internal", "admin")


class Entry(msgspec.Struct, frozen=True):
    """A registered service as the catalogues need it."""

    name: str
    type: str
    openstack: bool
    ui_url: str
    endpoints: tuple[dict[str, str], ...]


class V3Endpoint(msgspec.Struct, frozen=True):
    """One address of a service for one interface."""

    id: str
    interface: str
    region: str
    region_id: str
    url: str


class V3Service(msgspec.Struct, frozen=True):
    """A service of the Identity v3 catalogue."""

    id: str
    type: str
    name: str
    endpoints: list[V3Endpoint]


class V2Service(msgspec.Struct, frozen=True):
    """A service of the Identity v2.0 catalogue."""

    name: str
    type: str
    endpoints: list[dict[str, str]]
    endpoints_links: list[str] = []


def v2(entries: Sequence[Entry]) -> list[V2Service]:
    """Make the platform's own catalogue."""
    return [
        V2Service(entry.name, entry.type, [_v2_endpoint(entry, data) for data in entry.endpoints])
        for entry in entries
        if not entry.openstack
    ]


def _v2_endpoint(entry: Entry, data: dict[str, str]) -> dict[str, str]:
    url = data.get("publicURL", "")
    told = {
        **data,
        "internalURL": url,
        "adminURL": url,
        "id": stable_id(entry.name, url),
        "SNF:uiURL": entry.ui_url,
        "region": "default",
    }
    if entry.name == "astakos_weblogin":
        told["SNF:webloginURL"] = url
    return told


def v3(entries: Sequence[Entry], *, region: str, project_id: str) -> list[V3Service]:
    """Make the OpenStack catalogue for one project."""
    return [
        V3Service(
            stable_id(entry.name),
            entry.type,
            entry.name,
            _v3_endpoints(entry, region, project_id),
        )
        for entry in entries
        if entry.openstack
    ]


def _v3_endpoints(entry: Entry, region: str, project_id: str) -> list[V3Endpoint]:
    return [
        V3Endpoint(
            stable_id(entry.name, interface),
            interface,
            region,
            region,
            data.get("publicURL", "").replace("%(project_id)s", project_id),
        )
        for data in entry.endpoints
        for interface in INTERFACES
    ]


def stable_id(*names: str) -> str:
    """Make an id that stays the same as long as the names do."""
    return uuid.uuid5(uuid.NAMESPACE_OID, "/".join(names)).hex
