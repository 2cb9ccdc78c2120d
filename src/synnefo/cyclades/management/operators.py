"""What operators write of networks and ports on the command line."""

from synnefo.cyclades.domain import names
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf


def network_id(text: str) -> str:
    """Read the id of a network, given as such or as its name on a cluster."""
    found = names.network_of(conf.of(CycladesSettings).backend_prefix_id, text)
    return text if found is None else str(found)


def port_id(text: str) -> str:
    """Read the id of a port, given as such or as its name on a cluster."""
    found = names.nic_of(conf.of(CycladesSettings).backend_prefix_id, text)
    return text if found is None else str(found)


def listed(text: str | None) -> tuple[str, ...]:
    """Read comma-separated values."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def pairs(texts: list[str] | None) -> tuple[tuple[str, str], ...] | None:
    """Read allocation pools, each `FIRST,LAST`."""
    if not texts:
        return None
    return tuple((first, last) for first, _, last in (text.partition(",") for text in texts))
