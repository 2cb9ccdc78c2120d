"""Writing into objects: append, overwrite, truncate, restore. Spec: object-storage 7.5.2."""

import msgspec

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, PreconditionFailed, RangeNotSatisfiable
from synnefo.pithos.domain import metadata
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.ranges import Span, Target, target
from synnefo.pithos.engines import blocks
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import content, permits
from synnefo.pithos.usecases.allowances import charged, settle_if_much
from synnefo.pithos.usecases.block_uses import keep_hashes
from synnefo.pithos.usecases.content import Content, Source
from synnefo.pithos.usecases.found import State, at_version, digests_of, look, readable
from synnefo.pithos.usecases.objects import Wish, checked, writable
from synnefo.pithos.usecases.versions import draft_of, locked, record
from synnefo.serve.http.auth import Caller
from synnefo.wire.hashmaps import DIGEST_SIZE

ATTEMPTS = 5


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is written where: a range, from the body or another object, and the final size."""

    content_range: str | None
    source: Place | None = None
    source_version: str = ""
    final_size: int | None = None
    is_merge: bool = False
    wish: Wish = Wish()


class _Moved(Exception):
    """The object changed while the new content was put together."""


def update(caller: Caller, place: Place, source: Source, order: Order) -> State:
    """Write bytes into an object; what it was before stays as a former version."""
    wish = order.wish
    checked(wish)
    wanted = target(order.content_range)
    writable(caller, look(place), wish)
    fresh, length = _fresh(caller, source, order, wanted)
    for _ in range(ATTEMPTS):
        base = writable(caller, look(place), wish).object
        whole = _spliced(base, fresh, Target(wanted.offset, length, wanted.total), order)
        try:
            state = charged(lambda: _record(caller, place, (base, whole), order))  # noqa: B023 - run at once
        except _Moved:
            continue
        settle_if_much(place.account, look(place).box.policy.project)
        return state
    raise PreconditionFailed("The object keeps changing. Try again.")


def _fresh(caller: Caller, source: Source, order: Order, wanted: Target) -> tuple[Content, int]:
    """Receive or find the new bytes, and tell how many of them are written."""
    if order.source is None:
        received = content.receive(source, is_apart=True)
        if wanted.length not in {None, received.size}:
            raise BadRequest("Content-Range and the body differ in length.")
        return received, received.size
    found = readable(caller, order.source)
    if order.source_version:
        found = at_version(found, order.source_version)
    state = found.object
    fresh = Content(digests_of(state), state.size)
    content.spill([state.hash])
    length = state.size if wanted.length is None else wanted.length
    if length > state.size:
        if order.final_size is None or order.final_size > state.size:
            raise BadRequest("The range is longer than the source.")
        length = state.size
    return fresh, length


def _spliced(base: State, fresh: Content, where: Target, order: Order) -> Content:
    """Lay new bytes over old ones; only blocks at the seams are read and stored anew."""
    offset = base.size if where.offset is None else where.offset
    length = where.length or 0
    is_outside = where.total is not None and (
        where.total != base.size or offset + length > where.total
    )
    if offset > base.size or is_outside:
        raise RangeNotSatisfiable(
            f"The object has {base.size} bytes; the range does not lie in it."
        )
    size = max(base.size, offset + length)
    if order.final_size is not None:
        size = min(size, order.final_size)
    old = Content(digests_of(base), base.size)
    return _assembled(old, fresh, Span(offset, offset + length), size)


def _assembled(old: Content, fresh: Content, span: Span, size: int) -> Content:
    block = conf.of(PithosSettings).pithos_backend_block_size
    digests = bytearray()
    for start in range(0, size, block):
        stop = min(start + block, size)
        digests += _block(old, fresh, span, Span(start, stop))
    return Content(bytes(digests), size)


def _block(old: Content, fresh: Content, span: Span, part: Span) -> bytes:
    """Tell the digest of one block of the new content, storing it where it is a mixture."""
    block = conf.of(PithosSettings).pithos_backend_block_size
    for one, shift in ((fresh, span.start), (old, 0)):
        inside = span if one is fresh else Span(0, old.size)
        is_untouched = one is fresh or part.stop <= span.start or part.start >= span.stop
        covers = inside.start <= part.start and part.stop <= inside.stop
        whole = part.length == block or part.stop - shift == one.size
        if covers and is_untouched and (part.start - shift) % block == 0 and whole:
            index = (part.start - shift) // block
            return one.digests[index * DIGEST_SIZE : (index + 1) * DIGEST_SIZE]
    data = bytearray(part.length)
    _lay(data, part.start, _Laid(old, Span(0, old.size), 0), part)
    _lay(data, part.start, _Laid(fresh, span, span.start), part)
    with blocks.told():
        return bytes.fromhex(blocks.store().put(data))


class _Laid(msgspec.Struct, frozen=True):
    """Where a content lies in the new object: which bytes it gives, and from where on."""

    content: Content
    inside: Span
    shift: int


def _lay(data: bytearray, begin: int, one: _Laid, part: Span) -> None:
    low, high = max(part.start, one.inside.start), min(part.stop, one.inside.stop)
    if low >= high:
        return
    position = low - begin
    for piece in content.stream(one.content.digests, Span(low - one.shift, high - one.shift)):
        data[position : position + len(piece)] = piece
        position += len(piece)


def _record(caller: Caller, place: Place, change: tuple[State, Content], order: Order) -> State:
    (base, whole), wish = change, order.wish
    found = writable(caller, locked(place), wish)
    state = found.object
    if state.serial != base.serial:
        raise _Moved
    lay = metadata.merged(state.metadata, wish.metadata)
    known = lay if order.is_merge or not wish.metadata else metadata.kept(wish.metadata)
    draft = draft_of(
        state,
        metadata=known,
        hash=whole.root,
        size=whole.size,
        checksum="",
        hash_list_id=keep_hashes(whole),
        large_etag="",
        large_size=None,
    )
    new = record(found, draft, caller.user_id)
    permits.apply(found, wish.sharing, wish.is_public)
    return new
