"""What a request wants a container to be: its policy, its metadata, and Swift's rules for it.

Spec: object-storage 6.4, 6.5, 18.2, openstack-api 10.1.
"""

from urllib.parse import unquote

from synnefo.kit.faults import BadRequest, NotImplementedHere
from synnefo.kit.units import is_number
from synnefo.pithos.api.dialects import Asked, level_metadata
from synnefo.pithos.domain import acls, metadata
from synnefo.pithos.domain.metadata import Metadata
from synnefo.pithos.domain.places import check_container
from synnefo.pithos.usecases.containers import Order

YES = {"true", "1", "on", "yes", "t", "y"}
QUOTA_BYTES = "X-Container-Meta-Quota-Bytes"
QUOTA_COUNT = "X-Container-Meta-Quota-Count"
_ARCHIVES = {"X-Versions-Location": "stack", "X-History-Location": "history"}
_SYNC = ("X-Container-Sync-To", "X-Container-Sync-Key")


def order_of(ask: Asked, *, is_merge: bool) -> Order:
    """Read what the headers ask for."""
    if any(ask.headers.get(name) for name in _SYNC):
        raise NotImplementedHere("Containers are not synchronised here. Copy with a client.")
    given = level_metadata(ask, "Container")
    policy, count = _policy(ask, given), _count(given)
    return Order(
        policy,
        given,
        is_merge,
        access=_access(ask),
        quota_count=count,
        archive=_archive(ask),
    )


def _policy(ask: Asked, given: Metadata) -> dict[str, str]:
    prefix = "X-Container-Policy-"
    named = metadata.given(ask.headers, prefix)
    policy = {key[len(prefix) :].lower(): value for key, value in named.items()}
    versions = ask.headers.get("X-Versions-Enabled")
    if versions is not None:
        policy["versioning"] = "auto" if versions.lower() in YES else "none"
    if QUOTA_BYTES in given:
        policy["quota"] = _number(given.pop(QUOTA_BYTES)) or "0"
    return policy


def _count(given: Metadata) -> int | None:
    if QUOTA_COUNT not in given:
        return None
    return int(_number(given.pop(QUOTA_COUNT)) or 0)


def _number(text: str) -> str:
    if text and not (is_number(text) and int(text) < 2**62):
        raise BadRequest("A quota is a whole number, or empty for none.")
    return text


def _access(ask: Asked) -> dict[str, str]:
    """Read who may enter; an empty list lets nobody in any more."""
    found = {}
    for name in (acls.READ, acls.WRITE):
        if ask.headers.get(name.replace("X-", "X-Remove-", 1)) is not None:
            found[name] = ""
        text = ask.headers.get(name)
        if text is not None:
            found[name] = acls.cleaned(unquote(text), is_write=name == acls.WRITE)
    return found


def _archive(ask: Asked) -> str | None:
    """Read where former objects go; None where nothing is said."""
    named = [name for name in _ARCHIVES if ask.headers.get(name)]
    if len(named) > 1:
        raise BadRequest("Former objects go to one place: name one of the two headers.")
    for name in named:
        place = unquote(ask.headers[name]).strip("/")
        return f"{_ARCHIVES[name]}:{check_container(place)}"
    gone = (name.replace("X-", "X-Remove-", 1) for name in _ARCHIVES)
    is_removed = any(ask.headers.get(name) is not None for name in gone)
    is_emptied = any(ask.headers.get(name) == "" for name in _ARCHIVES)
    return "" if is_removed or is_emptied else None
