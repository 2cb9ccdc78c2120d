"""Large objects: a name for many segments. Spec: object-storage 7.7, 18.2."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

import msgspec

from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.pithos.domain import manifests, ranges
from synnefo.pithos.domain.listings import LIMIT, Listing
from synnefo.pithos.domain.manifests import Segment, Wanted
from synnefo.pithos.domain.places import Place, place_in_header
from synnefo.pithos.domain.ranges import Span
from synnefo.pithos.domain.tags import all_of
from synnefo.pithos.models import Container, Node
from synnefo.pithos.usecases import content
from synnefo.pithos.usecases.content import Lines, Outlet
from synnefo.pithos.usecases.found import (
    Found,
    State,
    digests_of,
    look,
    readable,
    state_of,
)
from synnefo.pithos.usecases.listings import Filter, page
from synnefo.pithos.usecases.objects import Wish, delete, put
from synnefo.pithos.usecases.visitors import sees
from synnefo.serve.http.auth import Caller

TOO_MANY = 100_000


class Part(msgspec.Struct, frozen=True):
    """Bytes of one stored object that belong to a whole."""

    state: State
    span: Span


class Whole(msgspec.Struct, frozen=True):
    """A large object as its reader sees it."""

    etag: str
    parts: list[Part]

    @property
    def size(self) -> int:
        """Sum the parts."""
        return sum(part.span.length for part in self.parts)


class Entry(msgspec.Struct):
    """One segment as a stored static manifest lists it."""

    name: str
    hash: str
    bytes: int
    range: str | None = None


def whole_of(caller: Caller | None, found: Found) -> Whole | None:
    """Put a large object together; None for a plain one."""
    state = found.object
    if state.large_size is not None:
        return _static(caller, found)
    if manifests.MANIFEST in state.metadata:
        return _dynamic(caller, found)
    return None


def _dynamic(caller: Caller | None, found: Found) -> Whole:
    container, prefix = manifests.dynamic_prefix(found.object.metadata[manifests.MANIFEST])
    box = Container.objects.filter(account=found.box.account, name=container).first()
    states = [] if box is None else _segments(caller, found, box, prefix)
    parts = [Part(state, Span(0, state.size)) for state in states]
    return Whole(manifests.etag_of(s.checksum or s.hash for s in states), parts)


def _segments(caller: Caller | None, found: Found, box: Container, prefix: str) -> list[State]:
    if caller is None or sees(caller, found.box.account):
        rows = Node.objects.filter(
            container=box, name__startswith=prefix, current__isnull=False
        ).select_related("current")
        ordered = rows.order_by("name")[:TOO_MANY]
        return [state_of(row.current) for row in ordered if row.current is not None]
    listing = Listing(prefix=prefix, limit=LIMIT)
    return [line.state for line in page(caller, box, listing, Filter()) if line.state is not None]


def _static(caller: Caller | None, found: Found) -> Whole:
    return Whole(
        found.object.large_etag,
        [_part(caller, found.box.account, entry) for entry in entries_of(found.object)],
    )


def _part(caller: Caller | None, account: str, entry: Entry) -> Part:
    place = place_in_header(quote(entry.name), account)
    segment = look(place) if caller is None else readable(caller, place)
    state = segment.object
    if _tag(state) != entry.hash or state.size != entry.bytes:
        raise ItemNotFound(f"The segment {entry.name} has changed since the manifest was made.")
    return Part(state, _span(entry.range, state.size))


def _span(text: str | None, size: int) -> Span:
    found = ranges.wanted(f"bytes={text}", size) if text else None
    return found[0] if found else Span(0, size)


def entries_of(state: State) -> list[Entry]:
    """Read the stored list of a static large object's segments."""
    data = b"".join(content.stream(digests_of(state), Span(0, state.size)))
    return msgspec.json.decode(data, type=list[Entry])


def stream(parts: Sequence[Part], span: Span, outlet: Outlet | None = None) -> Iterator[bytes]:
    """Read bytes of a whole, segment by segment; an outlet serves all but each first block."""
    for piece in manifests.cut([part.span.length for part in parts], span):
        part = parts[piece.segment]
        start = part.span.start
        yield from content.stream(
            digests_of(part.state),
            Span(start + piece.span.start, start + piece.span.stop),
            outlet,
        )


def put_static(caller: Caller, place: Place, body: bytes, wish: Wish) -> State:
    """Make a static large object of segments that are there and as the client says."""
    entries, tags, size, problems = [], [], 0, []
    for wanted in manifests.segments_wanted(body):
        try:
            entry, tag, length = _checked(caller, place, wanted)
        except (BadRequest, ItemNotFound) as fault:
            problems.append(f"{wanted.path}: {fault.message}")
            continue
        entries.append(entry)
        tags.append(tag)
        size += length
    if problems:
        raise BadRequest("The manifest does not fit. " + " ".join(problems))
    etag = manifests.etag_of(tags)
    if wish.etag and wish.etag != etag:
        raise BadRequest(f"The ETag of these segments is {etag}.")
    wish = msgspec.structs.replace(wish, etag="", large_etag=etag, large_size=size)
    return put(caller, place, Lines(msgspec.json.encode(entries)), wish)


def _checked(caller: Caller, place: Place, wanted: Wanted) -> tuple[Entry, str, int]:
    found = readable(caller, place_in_header(quote(wanted.path), place.account))
    state = found.object
    if state.large_size is not None:
        raise BadRequest("it cannot be a segment.")
    if wanted.etag and wanted.etag.strip('"') not in all_of(state.checksum, state.hash):
        raise BadRequest("its ETag is another.")
    if wanted.size_bytes is not None and wanted.size_bytes != state.size:
        raise BadRequest("its size is another.")
    span = _span(wanted.range, state.size)
    name = f"/{found.place.container}/{found.place.name}"
    segment = Segment(found.place.container, found.place.name, _tag(state), span)
    entry = Entry(name, _tag(state), state.size, wanted.range)
    return entry, manifests.etag_of_segment(segment, state.size), span.length


def _tag(state: State) -> str:
    """Tell what names a segment's content: its MD5, or its root where none was made."""
    return state.checksum or state.hash


def delete_static(caller: Caller, place: Place) -> tuple[int, int]:
    """Delete a static large object with its segments; count the deleted and the missing."""
    found = readable(caller, place)
    entries = entries_of(found.object) if found.object.large_size is not None else []
    gone = missing = 0
    for name in dict.fromkeys(entry.name for entry in entries):
        try:
            delete(caller, place_in_header(quote(name), place.account))
            gone += 1
        except ItemNotFound:
            missing += 1
    delete(caller, place)
    return gone + 1, missing
