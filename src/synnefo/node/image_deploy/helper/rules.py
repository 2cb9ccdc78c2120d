"""What the host wants done to an image."""

import json
from dataclasses import dataclass, field
from typing import Any

_YES = frozenset({"yes", "true", "1", "on", "set"})
_NO = frozenset({"no", "false", "0", "off", "unset", ""})


@dataclass(frozen=True)
class Card:
    """A network card of the machine, and what its network is."""

    index: int
    mac: str = ""
    ip: str = ""
    subnet: str = ""
    gateway: str = ""
    subnet6: str = ""
    gateway6: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gift:
    """A file to be put into the image; owner and group by name or number."""

    path: str
    contents: str
    """Base64."""
    owner: str = "root"
    group: str = "root"
    mode: int = 0o440


@dataclass(frozen=True)
class Rules:
    """Everything that the tasks go by. A password travels as its hash only."""

    instance: str
    hostname: str
    properties: dict[str, str] = field(default_factory=dict)
    """Names in capitals."""
    password_hash: str = ""
    keys: str = ""
    gifts: tuple[Gift, ...] = ()
    user_data: str = ""
    """Base64."""
    cards: tuple[Card, ...] = ()
    dhcp_tags: tuple[str, ...] = ("auto", "dhcp", "nfdhcpd")
    stateful_tags: tuple[str, ...] = ("dhcpv6", "stateful_dhcpv6")
    stateless_tags: tuple[str, ...] = ("nfdhcpd", "stateless_dhcpv6")
    default_card: str = "dhcp"
    cloud_init_debug: bool = False

    def text(self, name: str) -> str:
        """Read a property."""
        return self.properties.get(name.upper(), "")

    def says(self, name: str) -> bool:
        """Read a property that is yes or no. Spec: images-and-nodes 1.5."""
        value = self.text(name).strip().lower()
        return value not in _NO and (value in _YES or bool(value))

    @property
    def family(self) -> str:
        """Tell the family of systems that the image is of."""
        return self.text("OSFAMILY").lower() or "linux"

    @property
    def is_cloud_init(self) -> bool:
        """Tell whether cloud-init will do the work when the machine starts."""
        return self.says("CLOUD_INIT")

    @property
    def users(self) -> list[str]:
        """Name those who get the password and the keys."""
        default = "Administrator" if self.family.startswith("windows") else "root"
        return self.text("USERS").split() or [default]


def encode(rules: Rules) -> bytes:
    """Write the rules for their way into the helper."""
    return json.dumps(rules, default=lambda one: one.__dict__).encode()


def decode(data: bytes) -> Rules:
    """Read the rules; padding with zeros may follow."""
    told: dict[str, Any] = json.loads(data.rstrip(b"\0"))
    for key in ("dhcp_tags", "stateful_tags", "stateless_tags"):
        told[key] = tuple(told[key])
    told["gifts"] = tuple(Gift(**one) for one in told["gifts"])
    told["cards"] = tuple(Card(**one | {"tags": tuple(one["tags"])}) for one in told["cards"])
    return Rules(**told)
