"""Objects that stand for another object. Spec: object-storage 18.2, openstack-api 10.1."""

from collections.abc import Mapping
from urllib.parse import quote

from synnefo.kit.faults import BadRequest
from synnefo.pithos.domain.places import Place, account_of, place_in_header

LINK = "X-Symlink-Target"
ACCOUNT = "X-Symlink-Target-Account"
ETAG = "X-Symlink-Target-Etag"
BYTES = "X-Symlink-Target-Bytes"
MOST_HOPS = 2
"""Links that are followed one after the other."""


def target_of(known: Mapping[str, str], account: str) -> Place | None:
    """Tell where a link leads to; None where the metadata are no link's."""
    link = known.get(LINK)
    if link is None:
        return None
    named = known.get(ACCOUNT)
    return place_in_header(link, account_of(named)[0] if named else account)


def checked(known: Mapping[str, str], place: Place) -> dict[str, str]:
    """Write a wanted link in its one form; BadRequest when it leads to itself."""
    target = target_of(known, place.account)
    if target is None:
        if ACCOUNT in known or ETAG in known:
            raise BadRequest(f"Say where the link leads to in {LINK}: container/object.")
        return dict(known)
    if target == place:
        raise BadRequest("A link cannot lead to itself.")
    return {**known, LINK: quote(f"{target.container}/{target.name}")}
