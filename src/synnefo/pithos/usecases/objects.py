"""Objects: written, described, deleted. Spec: object-storage 7."""

from collections.abc import Mapping

import msgspec

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound, Unprocessable
from synnefo.pithos.domain import charges, metadata, tags
from synnefo.pithos.domain.conditions import NONE, Conditions
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.sharing import Right
from synnefo.pithos.models import Node
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import archives, claims, content, permits
from synnefo.pithos.usecases.allowances import charged, ensure, settle_if_much
from synnefo.pithos.usecases.content import Content, Source
from synnefo.pithos.usecases.found import INLINE, Found, State, look, with_rights
from synnefo.pithos.usecases.versions import (
    draft_of,
    drafted,
    keeping_of,
    locked,
    record,
)
from synnefo.pithos.usecases.visitors import refuse_others, right_in
from synnefo.serve.http.auth import Caller
from synnefo.wire.hashmaps import NOTHING, HashMap, block_count

MICRO = 1_000_000


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the headers of a write ask for, beside its content; None leaves a thing as it is."""

    content_type: str = ""
    metadata: dict[str, str] = {}
    conditions: Conditions = NONE
    etag: str = ""
    sharing: str | None = None
    is_public: bool | None = None
    keeps_blank: bool = False
    """Whether an empty value is a value, as in Swift, instead of removing its key."""
    expires: int | None = None
    large_etag: str = ""
    large_size: int | None = None

    def laid_over(self, old: Mapping[str, str]) -> dict[str, str]:
        """Answer metadata with the wanted ones laid over."""
        return metadata.merged(old, self.metadata, keeps_blank=self.keeps_blank)


class MissingBlocks(Exception):
    """Blocks that must be uploaded before the object can be made. Spec: object-storage 8.3."""

    def __init__(self, hashes: list[str]) -> None:
        super().__init__(f"{len(hashes)} blocks are missing")
        self.hashes = hashes


def writable(caller: Caller, found: Found, wish: Wish) -> Found:
    """Refuse a write by who may not, or against its conditions."""
    found = with_rights(caller, found)
    if found.right < Right.WRITE:
        raise Forbidden("You may not write here.")
    if found.right < Right.OWN and (wish.sharing is not None or wish.is_public is not None):
        raise Forbidden("Only the owner of an object may share or publish it.")
    if found.state and found.state.is_snapshot:
        raise Forbidden("A snapshot cannot be written to.")
    state = found.state
    wish.conditions.check_write(tags_of(state) if state else None)
    return found


def tags_of(state: State) -> frozenset[str]:
    """Tell every ETag that stands for a version in a condition."""
    return tags.all_of(state.large_etag or state.checksum, state.hash)


def put(caller: Caller, place: Place, source: Source, wish: Wish) -> State:
    """Store a body as an object: all of it, or nothing that anybody sees."""
    checked(wish)
    if source.length is None or source.length > INLINE:
        found = writable(caller, look(place), wish)
        _ensure_room(found, source.length or 0)
    is_md5_made = bool(wish.etag) or conf.of(PithosSettings).pithos_update_md5
    received = content.receive(source, is_md5_made=is_md5_made)
    if wish.etag and wish.etag != received.checksum:
        raise Unprocessable(
            f"The body's MD5 is {received.checksum} and not what the ETag header says; "
            "nothing was stored."
        )
    return place_content(caller, place, received, wish)


def _ensure_room(found: Found, size: int) -> None:
    old = found.state.size if found.state else 0
    cost = charges.of_write(keeping_of(found.box), old, size)
    ensure(found.box.account, found.box.policy.project, cost)


def put_hashmap(caller: Caller, place: Place, hashmap: HashMap, wish: Wish) -> State:
    """Make an object of blocks that are stored; MissingBlocks tells which are not."""
    checked(wish)
    found = writable(caller, look(place), wish)
    received = content_of(hashmap)
    _ensure_room(found, received.size)
    refused = claims.unproven(caller, found, hashmap.hashes)
    absent = set(content.missing([name for name in hashmap.hashes if name not in refused]))
    missing = [one for one in dict.fromkeys(hashmap.hashes) if one in absent or one in refused]
    if missing:
        raise MissingBlocks(missing)
    return place_content(caller, place, received, wish)


def content_of(hashmap: HashMap) -> Content:
    """Check a hash map and read it as a content. Spec: object-storage 8.3."""
    block_size = conf.of(PithosSettings).pithos_backend_block_size
    if hashmap.size < 0 or hashmap.size >= 2**62:
        raise BadRequest("'bytes' is no size of an object.")
    hashes = hashmap.hashes
    if any(len(one) != 64 for one in hashes):
        raise BadRequest("A hash is 64 hexadecimal digits.")
    try:
        digests = bytes.fromhex("".join(hashes))
    except ValueError as error:
        raise BadRequest("A hash is 64 hexadecimal digits.") from error
    if hashmap.size == 0 and (not hashes or Content(digests, 0).root == NOTHING):
        return msgspec.structs.replace(content.EMPTY, checksum="")
    if len(hashes) != block_count(hashmap.size, block_size):
        raise BadRequest(
            f"{hashmap.size} bytes are {block_count(hashmap.size, block_size)} blocks, "
            f"and {len(hashes)} hashes were sent."
        )
    return Content(digests, hashmap.size)


def place_content(caller: Caller, place: Place, received: Content, wish: Wish) -> State:
    """Make a stored content the object of a place, under its conditions, in one step."""

    def change() -> State:
        found = writable(caller, locked(place), wish)
        draft = drafted(received, wish.content_type, wish.laid_over({}))
        draft = msgspec.structs.replace(
            draft, expires=wish.expires, large_etag=wish.large_etag, large_size=wish.large_size
        )
        state = record(found, draft, caller.user_id)
        permits.apply(found, wish.sharing, wish.is_public)
        return state

    state = charged(change)
    _settle(place, received.size)
    return state


def _settle(place: Place, size: int) -> None:
    step = conf.of(PithosSettings).pithos_quota_step
    if size >= step // 16:
        settle_if_much(place.account, look(place).box.policy.project)


def checked(wish: Wish) -> None:
    """Refuse metadata and types that are too long or too much."""
    limit = conf.of(PithosSettings).pithos_resource_max_metadata
    metadata.checked(wish.metadata, limit)
    if len(wish.content_type) > metadata.MAX_TYPE or not wish.content_type.isascii():
        raise BadRequest("A content type is ASCII text of at most 256 characters.")


def describe(caller: Caller, place: Place, wish: Wish, *, is_merge: bool) -> State:
    """Change an object's metadata, sharing and publicity; content and uuid stay.

    Metadata make a new version, sharing and publicity do not. Spec: object-storage 7.5.1.
    """
    checked(wish)

    def change() -> State:
        found = writable(caller, locked(place), wish)
        state, old = found.object, found.object.metadata
        changed = wish.laid_over(old if is_merge else {})
        limit = conf.of(PithosSettings).pithos_resource_max_metadata
        metadata.checked(changed, limit)
        if wish.metadata or not is_merge or wish.content_type or wish.expires is not None:
            draft = draft_of(state, metadata=changed)
            draft = msgspec.structs.replace(
                draft,
                type=wish.content_type or state.type,
                expires=wish.expires if not is_merge or wish.expires else state.expires,
            )
            state = record(found, draft, caller.user_id, is_same=True)
        permits.apply(found, wish.sharing, wish.is_public)
        return state

    return charged(change)


def delete(caller: Caller, place: Place, *, is_folder: bool = False) -> None:
    """Delete an object, with `is_folder` all below it too; its owner may, and its tenders."""
    if right_in(caller, place.account, place.container) < Right.TEND:
        raise Forbidden("Only the owner may do this.")
    total = charged(lambda: _delete_all(caller, place, is_folder=is_folder))
    _settle(place, total)


def _delete_all(caller: Caller, place: Place, *, is_folder: bool) -> int:
    found, total = locked(place), 0
    below = names_below(found.box.id, f"{place.name.rstrip('/')}/") if is_folder else []
    if found.state is None and not below:
        raise ItemNotFound(f"There is no object '{place.name}' here.")
    if found.state is not None:
        total = found.state.size
        archives.remove(found, caller.user_id)
    for name in below:
        if name != place.name:
            total += _remove_one(caller, Place(place.account, place.container, name))
    return total


def _remove_one(caller: Caller, place: Place) -> int:
    found = locked(place)
    if found.state is None:
        return 0
    archives.remove(found, caller.user_id)
    return found.state.size


def delete_all(caller: Caller, account: str, container: str) -> None:
    """Delete every object of a container, which stays. Spec: object-storage 6.6."""
    refuse_others(caller, account)
    box = look(Place(account, container, "")).box
    while names := names_below(box.id, "", limit=500):
        charged(lambda: _remove_many(caller, [Place(account, container, n) for n in names]))
    settle_if_much(account, box.policy.project)


def _remove_many(caller: Caller, places: list[Place]) -> None:
    for place in places:
        _remove_one(caller, place)


def names_below(container_id: int, prefix: str, *, limit: int | None = None) -> list[str]:
    """List the current names with a prefix, in order."""
    rows = Node.objects.filter(
        container_id=container_id, name__startswith=prefix, current__isnull=False
    )
    return list(rows.order_by("name").values_list("name", flat=True)[:limit])
