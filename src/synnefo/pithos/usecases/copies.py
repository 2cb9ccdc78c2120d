"""Copies and moves: no block is read or written. Spec: object-storage 7.4."""

import msgspec

from synnefo.kit.faults import Forbidden
from synnefo.kit.ids import new_uuid
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.sharing import Right
from synnefo.pithos.models import Facet, Node
from synnefo.pithos.usecases import permits
from synnefo.pithos.usecases.allowances import charged, settle_if_much
from synnefo.pithos.usecases.found import (
    Found,
    State,
    at_version,
    look,
    microseconds,
    with_rights,
)
from synnefo.pithos.usecases.objects import (
    Wish,
    checked,
    names_below,
    tags_of,
    writable,
)
from synnefo.pithos.usecases.versions import draft_of, locked, record, remove
from synnefo.pithos.usecases.visitors import owns
from synnefo.serve.http.auth import Caller


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """From where to where, and how."""

    source: Place
    target: Place
    version: str = ""
    is_move: bool = False
    is_folder: bool = False
    is_fresh: bool = False
    """Whether the source's metadata stay behind."""


def transfer(caller: Caller, route: Route, wish: Wish) -> tuple[State, State]:
    """Copy or move an object, or a folder with all below it; answer the source and the copy."""
    checked(wish)
    _check_may(caller, route)
    states = charged(lambda: _transfer_all(caller, route, wish))
    target = look(route.target).box
    settle_if_much(target.account, target.policy.project)
    return states


def _check_may(caller: Caller, route: Route) -> None:
    if route.is_move and not owns(caller, route.source.account):
        raise Forbidden("Only the owner may move an object.")
    if with_rights(caller, look(route.source)).right < Right.READ:
        raise Forbidden("Nothing here is shared with you.")


def _transfer_all(caller: Caller, route: Route, wish: Wish) -> tuple[State, State]:
    """Do the named object first, then what the listing said lies below it."""
    below: list[str] = []
    source = look(route.source)
    if route.is_folder:
        prefix = f"{route.source.name.rstrip('/')}/"
        below = [name for name in names_below(source.box.id, prefix) if name != source.place.name]
    states = _transfer_one(caller, route, wish)
    base = route.source.name.rstrip("/")
    plain = Wish()
    for name in below:
        target = f"{route.target.name.rstrip('/')}{name[len(base) :]}"
        _transfer_one(caller, _inner(route, name, target), plain)
    return states


def _inner(route: Route, name: str, target: str) -> Route:
    return msgspec.structs.replace(
        route,
        source=msgspec.structs.replace(route.source, name=name),
        target=msgspec.structs.replace(route.target, name=target),
        version="",
        is_folder=False,
    )


def _transfer_one(caller: Caller, route: Route, wish: Wish) -> tuple[State, State]:
    source, target = _locked_both(route)
    source = with_rights(caller, source)
    if route.version:
        source = at_version(source, route.version)
    state = source.object
    _check_source(caller, source, route, wish)
    target = writable(caller, target, Wish(sharing=wish.sharing, is_public=wish.is_public))
    is_same = route.source == route.target
    draft = draft_of(
        state,
        metadata=wish.laid_over({} if route.is_fresh else state.metadata),
        type=wish.content_type or state.type,
        uuid=state.uuid if is_same or route.is_move else new_uuid(),
    )
    facets = _facets(source)
    if route.is_move and not is_same:
        remove(source, caller.user_id)
    new = record(target, draft, caller.user_id, is_same=is_same and not route.version)
    if not is_same:
        _lay_facets(target, facets)
    permits.apply(target, wish.sharing, wish.is_public)
    return state, new


def _locked_both(route: Route) -> tuple[Found, Found]:
    """Lock two paths always in the same order, so that crossing moves never meet."""
    first, second = sorted((route.source, route.target), key=lambda place: place.path)
    one = locked(first)
    other = one if first == second else locked(second)
    return (one, other) if first == route.source else (other, one)


def _check_source(caller: Caller, source: Found, route: Route, wish: Wish) -> None:
    if source.right < Right.READ:
        raise Forbidden("Nothing here is shared with you.")
    state = source.object
    if state.available != 1 and not route.is_move:
        raise Forbidden("The content of this object is not there yet; it cannot be copied.")
    wish.conditions.check_write(tags_of(state))


def _facets(found: Found) -> dict[str, dict[str, str]]:
    rows = Facet.objects.filter(node_id=found.node_id or 0)
    return dict(rows.values_list("domain", "metadata"))


def _lay_facets(target: Found, facets: dict[str, dict[str, str]]) -> None:
    """Give a copy what other services know about its source, and nothing else of the like."""
    node = Node.objects.get(container_id=target.box.id, name=target.place.name)
    Facet.objects.filter(node=node).delete()
    now = microseconds()
    Facet.objects.bulk_create(
        Facet(node=node, domain=domain, metadata=known, modified=now)
        for domain, known in facets.items()
    )
