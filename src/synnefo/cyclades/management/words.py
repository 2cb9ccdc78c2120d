"""What the commands of Cyclades share: refusals, yes and no, and how things are found."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from synnefo.cyclades.domain import names
from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.models import Cluster, Server, Volume, VolumeType
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf
from synnefo.kit.faults import Fault
from synnefo.serve.http import Caller

_YES = frozenset({"true", "t", "yes", "y", "1", "on"})
_NO = frozenset({"false", "f", "no", "n", "0", "off"})

OPERATOR = Caller(user_id="", user_name="snf-manage", is_admin=True)
"""Who acts when an operator does."""


@contextmanager
def refusals() -> Iterator[None]:
    """Tell a refusal as a message and exit code 1, without a traceback."""
    try:
        yield
    except Fault as fault:
        raise CommandError(fault.message) from fault
    except EngineError as error:
        raise CommandError(str(error)) from error


def truth(text: str) -> bool:
    """Read True or False from the command line."""
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise CommandError(f"'{text}' is neither True nor False.")


def pairs(text: str) -> dict[str, str]:
    """Read `k=v,k=v` from the command line."""
    found = {}
    for item in filter(None, text.split(",")):
        key, mark, value = item.partition("=")
        if not mark:
            raise CommandError(f"'{item}' is not of the form key=value.")
        found[key.strip()] = value.strip()
    return found


def numbers(text: str) -> tuple[int, ...]:
    """Read `1,2,4` from the command line."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise CommandError(f"'{text}' is no list of whole numbers.") from error


def find_cluster(text: str) -> Cluster:
    """Find a cluster by its id or name."""
    rows = Cluster.objects.filter(clustername=text)
    found = rows.first() or (
        Cluster.objects.filter(id=int(text)).first() if text.isdigit() else None
    )
    if found is None:
        raise CommandError(f"There is no cluster '{text}'; see backend-list.")
    return found


def find_server(text: str) -> Server:
    """Find a server by its id or the name of its instance."""
    prefix = conf.of(CycladesSettings).backend_prefix_id
    number = int(text) if text.isdigit() else names.server_of(prefix, text)
    rows = Server.objects.select_related("flavor__volume_type", "cluster")
    found = rows.filter(id=number).first() if number is not None else None
    if found is None:
        raise CommandError(f"There is no server '{text}'; see server-list.")
    return found


def find_volume(text: str) -> Volume:
    """Find a volume by its id or the name of its disk."""
    prefix = conf.of(CycladesSettings).backend_prefix_id
    number = int(text) if text.isdigit() else names.volume_of(prefix, text)
    rows = Volume.objects.select_related("volume_type", "server__cluster")
    found = rows.filter(id=number).first() if number is not None else None
    if found is None:
        raise CommandError(f"There is no volume '{text}'; see volume-list.")
    return found


def find_volume_type(text: str) -> VolumeType:
    """Find a volume type by its id."""
    found = VolumeType.objects.filter(id=int(text)).first() if text.isdigit() else None
    if found is None:
        raise CommandError(f"There is no volume type '{text}'; see volume-type-list.")
    return found
