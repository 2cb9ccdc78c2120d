"""Binding files: who sits behind a TAP, and what it is to be told.

The interface scripts write one `KEY=VALUE` file for each TAP, named after it.
Spec: images-and-nodes 4.2.
"""

import ipaddress
import shlex
from collections.abc import Mapping
from pathlib import Path

import msgspec

from synnefo.kit.logs import get_logger

log = get_logger(__name__)

_TRUE = frozenset({"yes", "true", "on", "1"})


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """One guest's network card, as its node knows it."""

    tap: str
    mac: str
    indev: str = ""
    ip: str = ""
    hostname: str = ""
    tags: tuple[str, ...] = ()
    gateway: str = ""
    subnet: str = ""
    gateway6: str = ""
    subnet6: str = ""
    eui64: str = ""
    private: bool = False
    """Whether the guest is told no way out."""
    macspoof: bool = False
    """Whether the guest may speak from other MAC addresses."""
    mtu: int = 0

    @property
    def ipv4(self) -> ipaddress.IPv4Address | None:
        """Answer its IPv4 address."""
        return ipaddress.IPv4Address(self.ip) if self.ip else None

    @property
    def network(self) -> ipaddress.IPv4Network | None:
        """Answer the IPv4 network that it is in."""
        return ipaddress.IPv4Network(self.subnet, strict=False) if self.subnet else None

    @property
    def network6(self) -> ipaddress.IPv6Network | None:
        """Answer the IPv6 network that it is in."""
        return ipaddress.IPv6Network(self.subnet6, strict=False) if self.subnet6 else None


def to_text(binding: Binding) -> str:
    """Write a binding as its file holds it."""
    values = {
        "INDEV": binding.indev,
        "IP": binding.ip,
        "MAC": binding.mac,
        "HOSTNAME": binding.hostname,
        "TAGS": " ".join(binding.tags),
        "GATEWAY": binding.gateway,
        "SUBNET": binding.subnet,
        "GATEWAY6": binding.gateway6,
        "SUBNET6": binding.subnet6,
        "EUI64": binding.eui64,
        "PRIVATE": "yes" if binding.private else "",
        "MACSPOOF": "yes" if binding.macspoof else "",
        "MTU": str(binding.mtu) if binding.mtu else "",
    }
    return "".join(
        f"{key}={shlex.quote(value) if value else ''}\n" for key, value in values.items()
    )


def parse(tap: str, text: str) -> Binding:
    """Read a binding file; ValueError when it makes no sense."""
    values = _pairs(text)
    mac = values.get("MAC", "").lower()
    if len(bytes.fromhex(mac.replace(":", ""))) != 6:
        raise ValueError(f"'{mac}' is no MAC address")
    binding = Binding(
        tap=tap,
        mac=mac,
        indev=values.get("INDEV", ""),
        ip=values.get("IP", ""),
        hostname=values.get("HOSTNAME", ""),
        tags=tuple(values.get("TAGS", "").split()),
        gateway=values.get("GATEWAY", ""),
        subnet=values.get("SUBNET", ""),
        gateway6=values.get("GATEWAY6", ""),
        subnet6=values.get("SUBNET6", ""),
        eui64=values.get("EUI64", ""),
        private=_truth(values, "PRIVATE"),
        macspoof=_truth(values, "MACSPOOF"),
        mtu=int(values.get("MTU") or 0),
    )
    _check(binding)
    return binding


def _pairs(text: str) -> Mapping[str, str]:
    found = {}
    for line in text.splitlines():
        key, mark, value = line.strip().partition("=")
        if mark and not key.startswith("#"):
            found[key.removeprefix("export ").strip()] = " ".join(shlex.split(value))
    return found


def _truth(values: Mapping[str, str], key: str) -> bool:
    return values.get(key, "").lower() in _TRUE


def _check(binding: Binding) -> None:
    """Read every address once: ValueError when one is none."""
    for text in (binding.ip, binding.gateway):
        if text:
            ipaddress.IPv4Address(text)
    for text in (binding.gateway6, binding.eui64):
        if text:
            ipaddress.IPv6Address(text)
    _ = binding.network, binding.network6


def read(path: Path) -> Binding | None:
    """Read one file; None when it is gone or makes no sense, which is logged."""
    try:
        return parse(path.name, path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("binding ignored", file=str(path), why=str(error))
        return None


def read_all(folder: Path) -> dict[str, Binding]:
    """Read every binding of a folder, by TAP; hidden files are drafts."""
    paths = [path for path in sorted(folder.iterdir()) if is_binding(path.name)]
    return {found.tap: found for path in paths if (found := read(path)) is not None}


def is_binding(name: str) -> bool:
    """Tell bindings from drafts."""
    return not name.startswith(".")


def write(folder: Path, binding: Binding) -> None:
    """Put a binding in place at once, so that no reader meets half of it.

    Others may read it: the daemon gives up root, and Ganeti's own files are for root only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    draft = folder / f".{binding.tap}.new"
    draft.write_text(to_text(binding))
    draft.chmod(0o644)
    draft.replace(folder / binding.tap)


def remove(folder: Path, tap: str) -> None:
    """Forget who sat behind a TAP."""
    (folder / tap).unlink(missing_ok=True)
