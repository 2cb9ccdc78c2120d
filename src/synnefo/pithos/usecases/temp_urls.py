"""The keys that sign addresses of objects. Spec: object-storage 18.2."""

from synnefo.pithos.domain.temp_urls import KEYS
from synnefo.pithos.models import Account, Container


def keys_for(account: str, container: str) -> list[str]:
    """List the keys that may open what is in a container: its account's and its own."""
    own = Account.objects.filter(name=account).values_list("metadata", flat=True).first()
    boxes = Container.objects.filter(account=account, name=container)
    near = boxes.values_list("metadata", flat=True).first()
    return _named(own or {}, "Account") + _named(near or {}, "Container")


def _named(metadata: dict[str, str], level: str) -> list[str]:
    names = [f"X-{level}-Meta-{key}" for key in KEYS]
    return [metadata[name] for name in names if name in metadata]
