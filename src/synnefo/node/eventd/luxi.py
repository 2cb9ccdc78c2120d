"""Questions to Ganeti on its master, over the socket that its own tools use."""

import socket
from typing import Any

import msgspec

from synnefo.node.event_sender import InstanceDetails
from synnefo.node.solo.packet_rules import profile_of

_END = b"\x03"
_TIMEOUT = 10.0
_NICS = {
    "name": "nic.names",
    "network": "nic.networks.names",
    "ip": "nic.ips",
    "mac": "nic.macs",
    "mode": "nic.modes",
    "link": "nic.links",
    "uuid": "nic.uuids",
}
_DISKS = {"name": "disk.names", "size": "disk.sizes", "uuid": "disk.uuids"}
_FIELDS = ["name", "tags", "ctime", "mtime", "hvparams", *_NICS.values(), *_DISKS.values()]


class GanetiSilent(Exception):
    """Ganeti does not answer on this node."""


class _Table(msgspec.Struct):
    data: list[list[tuple[int, Any]]]


class _Answer(msgspec.Struct):
    success: bool
    result: msgspec.Raw = msgspec.Raw(b"null")


class Known(msgspec.Struct, frozen=True):
    """What Ganeti's configuration holds of an instance, and since when (seconds since 1970)."""

    changed: float
    details: InstanceDetails


def instance(place: str, name: str) -> Known | None:
    """Ask for one instance; None when there is none. Raises GanetiSilent."""
    request = {"method": "Query", "args": ["instance", _FIELDS, ["=", "name", name]]}
    answer = msgspec.json.decode(_talk(place, msgspec.json.encode(request)), type=_Answer)
    if not answer.success and b'"unknown_entity"' in bytes(answer.result):
        return None
    if not answer.success:
        raise GanetiSilent(f"Ganeti refuses a question: {bytes(answer.result)[:300]!r}")
    rows = msgspec.json.decode(answer.result, type=_Table).data
    if not rows:
        return None
    told = {field: value for field, (_, value) in zip(_FIELDS, rows[0], strict=True)}
    return Known(float(told["mtime"] or 0), _details(told))


def _details(told: dict[str, Any]) -> InstanceDetails:
    hvparams = told["hvparams"] or {}
    tags = sorted(told["tags"] or [])
    nics = _rows(told, _NICS)
    for index, nic in enumerate(nics):
        profile = profile_of(tags, [nic["name"] or "", nic["uuid"], str(index)])
        if profile != "unprotected":
            nic["firewall"] = profile
    return InstanceDetails(
        nics=nics,
        disks=_rows(told, _DISKS),
        hvparams={
            "boot_order": hvparams.get("boot_order") or "disk",
            "cdrom_image_path": hvparams.get("cdrom_image_path") or "",
        },
        tags=tags,
    )


def _rows(told: dict[str, Any], columns: dict[str, str]) -> list[dict[str, Any]]:
    """Turn Ganeti's lists, one for each property, into one mapping for each device."""
    lists = [told[field] or [] for field in columns.values()]
    return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]


def _talk(place: str, request: bytes) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_TIMEOUT)
            line.connect(place)
            line.sendall(request + _END)
            told = bytearray()
            while not told.endswith(_END):
                piece = line.recv(65536)
                if not piece:
                    raise GanetiSilent("Ganeti hung up.")
                told += piece
            return bytes(told[:-1])
    except OSError as error:
        raise GanetiSilent(f"Ganeti does not answer at {place}: {error}") from error
