"""Writing objects over HTTP. Spec: object-storage 7.3 to 7.6, 8."""

import mimetypes

import msgspec

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, LengthRequired
from synnefo.kit.units import is_number
from synnefo.pithos.api import formats
from synnefo.pithos.api.dialects import (
    OCTETS,
    Asked,
    asked,
    other_place,
    source_of,
)
from synnefo.pithos.domain import conditions, manifests, metadata, tags
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import copies, history, large, objects, updates
from synnefo.pithos.usecases.copies import Route
from synnefo.pithos.usecases.found import State, microseconds
from synnefo.pithos.usecases.objects import MissingBlocks, Wish
from synnefo.serve.http.call import Call, Reply
from synnefo.wire.hashmaps import HashMap

MAX_HASHMAP = 64 * 1024 * 1024
YES = {"true", "1", "on", "yes"}
SECOND = 1_000_000


def put_object(call: Call, account: str, container: str, name: str) -> Reply:
    """Store an object: a body, a hash map, a manifest, or a copy of another object."""
    ask = asked(call, account, container, name)
    for header, is_move in (("X-Copy-From", False), ("X-Move-From", True)):
        if ask.headers.get(header):
            return _put_copy(call, ask, header, is_move=is_move)
    wish = _wish(ask, is_new=True)
    if "hashmap" in call.query:
        return _put_hashmap(call, ask, wish)
    source = source_of(call, conf.of(PithosSettings).pithos_max_upload_size)
    if source.length == 0 and ask.headers.get("Content-Length") is None:
        raise LengthRequired("Send Content-Length, or a chunked body.")
    if call.arg("multipart-manifest") == "put":
        return _put_manifest(call, ask, wish)
    state = objects.put(ask.caller, ask.place, source, wish)
    return Reply(201, _written(state), None)


def _put_manifest(call: Call, ask: Asked, wish: Wish) -> Reply:
    body = call.read_all(manifests.MAX_MANIFEST)
    state = large.put_static(ask.caller, ask.place, body, wish)
    return Reply(201, {**_written(state), "ETag": f'"{state.large_etag}"'}, None)


def _put_hashmap(call: Call, ask: Asked, wish: Wish) -> Reply:
    """Make an object of stored blocks, or tell which are missing. Spec: object-storage 8."""
    try:
        hashmap = msgspec.json.decode(call.read_all(MAX_HASHMAP), type=HashMap)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"The body is no hash map in JSON: {error}.") from error
    try:
        state = objects.put_hashmap(ask.caller, ask.place, hashmap, wish)
    except MissingBlocks as missing:
        body = msgspec.json.encode(missing.hashes)
        return Reply(409, {"Content-Type": formats.JSON}, body)
    return Reply(201, _written(state), None)


def _written(state: State) -> dict[str, str]:
    is_md5 = conf.of(PithosSettings).pithos_update_md5
    etag = tags.of_put(state.checksum, state.hash, state.type, is_md5_wanted=is_md5)
    return {
        "ETag": etag,
        "X-Object-Version": str(state.serial),
        "Last-Modified": formats.http_date(state.modified),
        "X-Timestamp": f"{state.modified / 1e6:.5f}",
    }


def _wish(ask: Asked, *, is_new: bool) -> Wish:
    """Read what a write's headers ask for; a new object gets some content type."""
    headers = ask.headers
    content_type = headers.get("Content-Type") or ""
    if is_new and not content_type:
        content_type = mimetypes.guess_type(ask.place.name)[0] or OCTETS
    public = headers.get("X-Object-Public")
    return Wish(
        content_type=content_type,
        metadata=metadata.of_object(headers),
        conditions=conditions.read(headers),
        etag=conditions.bare(headers.get("ETag") or ""),
        sharing=headers.get("X-Object-Sharing"),
        is_public=None if public is None else _is_public(public),
        expires=_expires(ask),
    )


def _is_public(text: str) -> bool:
    value = text.strip().lower()
    if value not in {"true", "false", "", "~"}:
        raise BadRequest("X-Object-Public is true or false.")
    return value == "true"


def _expires(ask: Asked) -> int | None:
    after, at = ask.headers.get("X-Delete-After"), ask.headers.get("X-Delete-At")
    text = after or at
    if not text:
        return None
    if not is_number(text.strip()):
        raise BadRequest("X-Delete-At and X-Delete-After are whole seconds.")
    moment = int(text) * SECOND + (microseconds() if after else 0)
    if moment <= microseconds() or moment >= 2**62:
        raise BadRequest("X-Delete-At lies in the past.")
    return moment


def _put_copy(call: Call, ask: Asked, header: str, *, is_move: bool) -> Reply:
    if ask.headers.get("Content-Length") is None and not ask.is_swift:
        raise LengthRequired("Send Content-Length: 0.")
    source = other_place(ask, ask.headers[header], "X-Source-Account", "X-Copy-From-Account")
    route = Route(
        source=source,
        target=ask.place,
        version="" if is_move else ask.headers.get("X-Source-Version", ""),
        is_move=is_move,
        is_folder=bool(call.arg("delimiter")),
        is_fresh=_is_fresh(ask),
    )
    return _transfer(call, ask, route)


def copy_object(call: Call, account: str, container: str, name: str) -> Reply:
    """Copy an object to where the Destination header says."""
    return _send(call, asked(call, account, container, name), is_move=False)


def move_object(call: Call, account: str, container: str, name: str) -> Reply:
    """Move an object to where the Destination header says."""
    return _send(call, asked(call, account, container, name), is_move=True)


def _send(call: Call, ask: Asked, *, is_move: bool) -> Reply:
    target = ask.headers.get("Destination")
    if not target:
        raise BadRequest("Say where to in the Destination header: /container/object.")
    route = Route(
        source=ask.place,
        target=other_place(ask, target, "Destination-Account"),
        version="" if is_move else ask.headers.get("X-Source-Version", ""),
        is_move=is_move,
        is_folder=bool(call.arg("delimiter")),
        is_fresh=_is_fresh(ask),
    )
    return _transfer(call, ask, route)


def _is_fresh(ask: Asked) -> bool:
    return ask.headers.get("X-Fresh-Metadata", "").lower() in YES


def _transfer(call: Call, ask: Asked, route: Route) -> Reply:
    wish = _wish(ask, is_new=False)
    if "ignore_content_type" in call.query:
        wish = msgspec.structs.replace(wish, content_type="")
    source, state = copies.transfer(ask.caller, route, wish)
    place = route.source
    told = {
        "X-Copied-From": metadata.encoded(f"{place.container}/{place.name}"),
        "X-Copied-From-Account": place.account,
        "X-Copied-From-Last-Modified": formats.http_date(source.modified),
    }
    return Reply(201, {**_written(state), **told}, None)


def post_object(call: Call, account: str, container: str, name: str) -> Reply:
    """Change an object's metadata, sharing and publicity, or some of its bytes."""
    ask = asked(call, account, container, name)
    kind = ask.headers.get("Content-Type", "")
    is_data = kind == OCTETS or bool(ask.headers.get("X-Source-Object"))
    if is_data and not ask.is_swift:
        return _update(call, ask)
    wish = _wish(ask, is_new=False)
    is_merge = "update" in call.query
    if not ask.is_swift:
        wish = msgspec.structs.replace(wish, content_type="")
    state = objects.describe(ask.caller, ask.place, wish, is_merge=is_merge)
    return Reply(202, {"X-Object-Version": str(state.serial)}, None)


def _update(call: Call, ask: Asked) -> Reply:
    """Write into an object. Spec: object-storage 7.5.2."""
    source = source_of(call, conf.of(PithosSettings).pithos_max_upload_size)
    other = ask.headers.get("X-Source-Object")
    size = ask.headers.get("X-Object-Bytes")
    if size is not None and not is_number(size):
        raise BadRequest("X-Object-Bytes is the final size in bytes.")
    order = updates.Order(
        content_range=ask.headers.get("Content-Range"),
        source=other_place(ask, other, "X-Source-Account") if other else None,
        source_version=ask.headers.get("X-Source-Version", ""),
        final_size=None if size is None else int(size),
        is_merge="update" in call.query,
        wish=_wish(ask, is_new=False),
    )
    state = updates.update(ask.caller, ask.place, source, order)
    return Reply(204, _written(state), None)


def delete_object(call: Call, account: str, container: str, name: str) -> Reply:
    """Delete an object, all below it, its segments, or its history."""
    ask = asked(call, account, container, name)
    until = call.arg("until") or ""
    if is_number(until):
        history.purge_object(ask.caller, ask.place, int(until) * SECOND)
        return Reply(204, {}, None)
    if call.arg("multipart-manifest") == "delete":
        return _delete_manifest(ask)
    objects.delete(ask.caller, ask.place, is_folder=bool(call.arg("delimiter")))
    return Reply(204, {}, None)


def _delete_manifest(ask: Asked) -> Reply:
    gone, missing = large.delete_static(ask.caller, ask.place)
    told = {
        "Number Deleted": gone,
        "Number Not Found": missing,
        "Response Status": "200 OK",
        "Response Body": "",
        "Errors": [],
    }
    return Reply(200, {"Content-Type": formats.JSON}, msgspec.json.encode(told))
