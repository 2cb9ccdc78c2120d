"""The configuration file of nfdhcpd. Spec: images-and-nodes 4.1."""

import configparser
import ipaddress
from enum import StrEnum
from pathlib import Path

import msgspec

DEFAULT_FILE = Path("/etc/nfdhcpd/nfdhcpd.conf")
_QUEUES = ("rs_queue", "ns_queue", "dhcpv6_queue")


class Mode(StrEnum):
    """How guests come to their IPv6 addresses and name servers."""

    AUTO = "auto"
    SLAAC = "slaac"
    DHCPV6 = "dhcpv6"
    BOTH = "slaac+dhcpv6"
    OFF = "off"


class ConfigError(Exception):
    """The file cannot be followed; `code` is what the program ends with."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the daemon is told."""

    pidfile: Path = Path("/run/nfdhcpd/nfdhcpd.pid")
    datapath: Path = Path("/var/lib/nfdhcpd")
    logdir: Path = Path("/var/log/nfdhcpd")
    user: str = ""
    enable_dhcp: bool = True
    lease_lifetime: int = 604800
    lease_renewal: int = 3600
    server_ip: str = "192.0.2.1"
    server_on_link: bool = False
    nameservers: tuple[str, ...] = ()
    domain: str = ""
    mode: Mode = Mode.BOTH
    ra_period: int = 600
    nameservers6: tuple[str, ...] = ()
    domains6: tuple[str, ...] = ()


def read(path: Path) -> Config:
    """Read a configuration file; ConfigError when it is missing or wrong."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        if not parser.read(path):
            raise ConfigError(f"{path} cannot be read.")
        return _config(parser)
    except (configparser.Error, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _config(parser: configparser.ConfigParser) -> Config:
    default = Config()

    def text(section: str, key: str, otherwise: str) -> str:
        return parser.get(section, key, fallback=otherwise).strip()

    def number(section: str, key: str, otherwise: int) -> int:
        return int(text(section, key, str(otherwise)))

    def listed(section: str, key: str) -> tuple[str, ...]:
        return tuple(text(section, key, "").replace(",", " ").split())

    return Config(
        pidfile=Path(text("general", "pidfile", str(default.pidfile))),
        datapath=Path(text("general", "datapath", str(default.datapath))),
        logdir=Path(text("general", "logdir", str(default.logdir))),
        user=text("general", "user", ""),
        enable_dhcp=parser.getboolean("dhcp", "enable_dhcp", fallback=True),
        lease_lifetime=number("dhcp", "lease_lifetime", default.lease_lifetime),
        lease_renewal=number("dhcp", "lease_renewal", default.lease_renewal),
        server_ip=str(ipaddress.IPv4Address(text("dhcp", "server_ip", default.server_ip))),
        server_on_link=parser.getboolean("dhcp", "server_on_link", fallback=False),
        nameservers=_checked(listed("dhcp", "nameservers"), 4),
        domain=text("dhcp", "domain", ""),
        mode=_mode(parser),
        ra_period=number("ipv6", "ra_period", default.ra_period),
        nameservers6=_checked(listed("ipv6", "nameservers"), 6),
        domains6=listed("ipv6", "domains"),
    )


def _checked(addresses: tuple[str, ...], version: int) -> tuple[str, ...]:
    for address in addresses:
        if ipaddress.ip_address(address).version != version:
            raise ValueError(f"{address} is no IPv{version} address")
    return addresses


def _mode(parser: configparser.ConfigParser) -> Mode:
    """Decide the IPv6 mode; `auto` goes by the queues that are named."""
    if not parser.getboolean("ipv6", "enable_ipv6", fallback=True):
        return Mode.OFF
    mode = Mode(parser.get("ipv6", "mode", fallback="auto").strip())
    if mode is not Mode.AUTO:
        return _working(mode)
    named = {key for key in _QUEUES if parser.has_option("ipv6", key)}
    if parser.has_option("ipv6", "dhcp_queue"):
        named.add("dhcpv6_queue")
    by_queues = {
        frozenset(): Mode.BOTH,
        frozenset(_QUEUES): Mode.BOTH,
        frozenset(_QUEUES[:2]): Mode.SLAAC,
        frozenset(_QUEUES[2:]): Mode.DHCPV6,
    }
    found = by_queues.get(frozenset(named))
    if found is None:
        raise ConfigError("The queues that are named fit no IPv6 mode.", 3)
    return _working(found)


def _working(mode: Mode) -> Mode:
    if mode is Mode.OFF:
        raise ConfigError("There is no IPv6 mode 'off'; write enable_ipv6 = no.", 2)
    if mode is Mode.DHCPV6:
        raise ConfigError("The mode dhcpv6 hands out no addresses: use slaac+dhcpv6.", 4)
    return mode
