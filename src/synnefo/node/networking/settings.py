"""The configuration of the interface scripts. Spec: images-and-nodes 3.8."""

import os
import shlex
from pathlib import Path

import msgspec

DEFAULT_FILE = Path("/etc/default/gnt-networking")
FILE_VARIABLE = "GNT_NETWORKING_CONF"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where things are kept on a node, and which words of tags mean what."""

    state_dir: Path = Path("/var/lib/gnt-networking")
    logfile: Path = Path("/var/log/gnt-networking.log")
    ifup_extra_script: Path = Path("/etc/ganeti/ifup-extra")
    servicename: str = ""
    service_dir: Path = Path("/etc/ganeti/gnt-networking")
    mac_mask: str = "ff:ff:f0:00:00:00"
    tap_constant_mac: str = "cc:47:52:4e:45:54"
    nfdhcpd_state_dir: Path = Path("/var/lib/nfdhcpd")
    nfdhcpd_state_extra: str = ""
    ganeti_nic_dir: Path = Path("/var/run/ganeti/xen-hypervisor/nic")
    ip_less_routed_tag: str = "ip-less-routed"
    private_filtered_tag: str = "private-filtered"
    physical_vlan_tag: str = "physical-vlan"
    bridged_tag: str = "bridged"
    nfdhcpd_tag: str = "nfdhcpd"
    public_tag: str = "public"
    dns_tag: str = "dns"
    ipspoof: bool = False
    """Whether guests may use addresses that are not theirs."""
    default_firewall: str = "unprotected"


def read(path: Path | None = None) -> Settings:
    """Read the file of the node; what it does not say keeps its default."""
    chosen = path or Path(os.environ.get(FILE_VARIABLE, DEFAULT_FILE))
    if not chosen.exists():
        return Settings()
    known = {field.name: field for field in msgspec.structs.fields(Settings)}
    told = {
        name: value
        for name, value in _pairs(chosen.read_text()).items()
        if name in known and value
    }
    return msgspec.convert(told, Settings, strict=False, dec_hook=_decode)


def _pairs(text: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for line in text.splitlines():
        name, mark, value = line.strip().removeprefix("export ").partition("=")
        if mark and not name.startswith("#"):
            read_value = " ".join(shlex.split(value, comments=True))
            found[name.strip().lower()] = _plain(name.strip().lower(), read_value)
    return found


def _plain(name: str, value: str) -> object:
    if name == "ipspoof":
        return value.lower() in {"yes", "true", "on", "1"}
    return value


def _decode(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise TypeError(f"no setting is of the type {kind}")
