"""Writing objects over HTTP. Spec: object-storage 7.3 to 7.6, 8."""

import msgspec

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, LengthRequired
from synnefo.kit.units import is_number
from synnefo.pithos.api import extracts, formats, version_rows
from synnefo.pithos.api.dialects import (
    OCTETS,
    Asked,
    asked,
    header_name,
    header_value,
    other_place,
    source_of,
)
from synnefo.pithos.api.form_uploads import upload_form
from synnefo.pithos.api.forms import boundary_of
from synnefo.pithos.api.links import link_to
from synnefo.pithos.api.wishes import wish_of, written
from synnefo.pithos.domain import manifests, metadata
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.symlinks import ACCOUNT, ETAG, LINK, target_of
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import copies, history, large, objects, symlinks, updates
from synnefo.pithos.usecases.copies import Route
from synnefo.pithos.usecases.found import look
from synnefo.pithos.usecases.objects import MissingBlocks, Wish
from synnefo.serve.http.call import Call, Reply
from synnefo.wire.hashmaps import HashMap

MAX_HASHMAP = 64 * 1024 * 1024
YES = {"true", "1", "on", "yes"}
SECOND = 1_000_000


def put_object(call: Call, account: str, container: str, name: str) -> Reply:
    """Store an object: a body, a hash map, a manifest, or a copy of another object."""
    if "extract-archive" in call.query:
        return extracts.extract(call, account, container, name)
    ask = asked(call, account, container, name)
    for header, is_move in (("X-Copy-From", False), ("X-Move-From", True)):
        if ask.headers.get(header):
            return _put_copy(call, ask, header, is_move=is_move)
    return _put(call, ask)


def _put(call: Call, ask: Asked) -> Reply:
    if ask.is_swift and call.arg("version-id"):
        return version_rows.show_again(ask, call.arg("version-id") or "")
    wish = wish_of(ask, is_new=True)
    if "hashmap" in call.query:
        return _put_hashmap(call, ask, wish)
    source = source_of(call, conf.of(PithosSettings).pithos_max_upload_size)
    if source.length == 0 and ask.headers.get("Content-Length") is None:
        raise LengthRequired("Send Content-Length, or a chunked body.")
    if call.arg("multipart-manifest") == "put":
        return _put_manifest(call, ask, wish)
    if any(name in wish.metadata for name in (LINK, ACCOUNT, ETAG)):
        wish = _link(ask, source.length, wish)
    state = objects.put(ask.caller, ask.place, source, wish)
    return Reply(201, written(state), None)


def _link(ask: Asked, length: int | None, wish: Wish) -> Wish:
    if length != 0:
        raise BadRequest("A link has no content of its own.")
    return symlinks.bound(ask.caller, ask.place, wish)


def _put_manifest(call: Call, ask: Asked, wish: Wish) -> Reply:
    body = call.read_all(manifests.MAX_MANIFEST)
    state = large.put_static(ask.caller, ask.place, body, wish)
    return Reply(201, {**written(state), "ETag": f'"{state.large_etag}"'}, None)


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
    return Reply(201, written(state), None)


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
    wish = wish_of(ask, is_new=False)
    if "ignore_content_type" in call.query:
        wish = msgspec.structs.replace(wish, content_type="")
    if not route.is_move and not route.version and call.arg("symlink") != "get":
        source_place = symlinks.source_of(ask.caller, route.source)
        route = msgspec.structs.replace(route, source=source_place)
    source, state = copies.transfer(ask.caller, route, wish)
    place = route.source
    told = {
        "X-Copied-From": metadata.encoded(f"{place.container}/{place.name}"),
        "X-Copied-From-Account": place.account,
        "X-Copied-From-Last-Modified": formats.http_date(source.modified),
    }
    known = state.metadata if ask.is_swift else {}
    shown = {header_name(ask, key): header_value(ask, value) for key, value in known.items()}
    return Reply(201, {**written(state), **told, **shown}, None)


def post_object(call: Call, account: str, container: str, name: str) -> Reply:
    """Change an object's metadata, sharing and publicity, or some of its bytes."""
    if boundary_of(call.headers.get("Content-Type", "")):
        return upload_form(call, account, container, name)
    ask = asked(call, account, container, name)
    kind = ask.headers.get("Content-Type", "")
    is_data = kind == OCTETS or bool(ask.headers.get("X-Source-Object"))
    if is_data and not ask.is_swift:
        return _update(call, ask)
    wish = wish_of(ask, is_new=False)
    is_merge = "update" in call.query
    if not ask.is_swift:
        wish = msgspec.structs.replace(wish, content_type="")
    link = _link_at(ask)
    if link is not None:
        return Reply(307, {"Location": link_to(link)}, b"The object is a link; ask its target.")
    state = objects.describe(ask.caller, ask.place, wish, is_merge=is_merge)
    return Reply(202, {"X-Object-Version": str(state.serial)}, None)


def _link_at(ask: Asked) -> Place | None:
    """Tell where the object leads to, if it is a link."""
    if not ask.is_swift:
        return None
    state = look(ask.place).state
    return target_of(state.metadata, ask.place.account) if state else None


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
        wish=wish_of(ask, is_new=False),
    )
    state = updates.update(ask.caller, ask.place, source, order)
    return Reply(204, written(state), None)


def delete_object(call: Call, account: str, container: str, name: str) -> Reply:
    """Delete an object, all below it, its segments, or its history."""
    ask = asked(call, account, container, name)
    until = call.arg("until") or ""
    if is_number(until):
        history.purge_object(ask.caller, ask.place, int(until) * SECOND)
        return Reply(204, {}, None)
    version = call.arg("version-id")
    if ask.is_swift and version:
        return version_rows.drop(ask, version)
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
