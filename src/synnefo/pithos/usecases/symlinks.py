"""Following objects that stand for others. Spec: object-storage 18.2, openstack-api 10.1."""

import msgspec

from synnefo.kit.faults import Conflict
from synnefo.pithos.domain import symlinks
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.tags import all_of
from synnefo.pithos.usecases.found import Found, State, readable
from synnefo.pithos.usecases.objects import Wish
from synnefo.serve.http.auth import Caller


def followed(caller: Caller, found: Found, *, with_data: bool = False) -> Found:
    """Go where a link leads, with the caller's own rights; ItemNotFound where nothing is."""
    for _ in range(symlinks.MOST_HOPS):
        known = found.object.metadata
        target = symlinks.target_of(known, found.place.account)
        if target is None:
            return found
        found = readable(caller, target, with_data=with_data)
        _check(known.get(symlinks.ETAG), found.object)
    if symlinks.LINK in found.object.metadata:
        raise Conflict(f"More than {symlinks.MOST_HOPS} links follow one another.")
    return found


def _check(etag: str | None, state: State) -> None:
    if etag and etag not in all_of(state.large_etag or state.checksum, state.hash):
        raise Conflict("What the link leads to is no more what it was made for.")


def source_of(caller: Caller, place: Place) -> Place:
    """Tell what a copy of a place copies: where it is a link, what the link leads to."""
    return followed(caller, readable(caller, place)).place


def bound(caller: Caller, place: Place, wish: Wish) -> Wish:
    """Check a wanted link; one that names an ETag is bound to what is there now."""
    known = symlinks.checked(wish.metadata, place)
    etag = known.get(symlinks.ETAG, "").strip('"')
    target = symlinks.target_of(known, place.account)
    if target is None or not etag:
        return msgspec.structs.replace(wish, metadata=known)
    state = readable(caller, target).object
    _check(etag, state)
    size = state.size if state.large_size is None else state.large_size
    known |= {symlinks.ETAG: etag, symlinks.BYTES: str(size)}
    return msgspec.structs.replace(wish, metadata=known)
