"""Objects over S3."""

import mimetypes
from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

from synnefo.kit.faults import ItemNotFound, PreconditionFailed
from synnefo.pithos.api import formats
from synnefo.pithos.api.reading import View, data_reply, view_of
from synnefo.pithos.api.s3 import access, bodies, object_tags, versions
from synnefo.pithos.api.s3.callers import signed_of
from synnefo.pithos.api.s3.documents import Node, document, root, text_of
from synnefo.pithos.api.s3.faults import denied, wrong
from synnefo.pithos.api.s3.places import SEGMENTS, bucket_of, place_of
from synnefo.pithos.api.s3.tags import etag_of
from synnefo.pithos.domain import conditions, metadata
from synnefo.pithos.domain.conditions import Conditions
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.policies import Versioning
from synnefo.pithos.domain.sharing import Right
from synnefo.pithos.usecases import copies, large, objects, version_removal
from synnefo.pithos.usecases.copies import Route
from synnefo.pithos.usecases.found import Found, State, look, with_rights
from synnefo.pithos.usecases.objects import Wish
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call, Reply
from synnefo.serve.http.stream import FileOutlet

OCTETS = "binary/octet-stream"
MOST_DELETED = 1000
_META = "X-Amz-Meta-"
_OBJECT_META = "X-Object-Meta-"
_OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-cache-control": "Cache-Control",
    "response-content-language": "Content-Language",
    "response-expires": "Expires",
}


def get_object(call: Call, bucket: str, key: str) -> Reply:
    """Answer an object, or some of it."""
    view = _view(call, bucket, key, with_data=True)
    headers = headers_of(view)
    wanted = conditions.read(call.headers)
    if wanted.is_unmodified(_tags(view), view.modified // 1_000_000):
        return Reply(304, headers, None)
    for name, header in _OVERRIDES.items():
        value = call.arg(name)
        if value:
            headers[header] = value
    view = msgspec.structs.replace(view, outlet=FileOutlet.of(call.meta))
    return data_reply(call.headers.get("Range"), call.headers.get("If-Range"), view, headers)


def head_object(call: Call, bucket: str, key: str) -> Reply:
    """Tell about an object."""
    view = _view(call, bucket, key)
    headers = {**headers_of(view), "Content-Length": str(view.size)}
    if conditions.read(call.headers).is_unmodified(_tags(view), view.modified // 1_000_000):
        return Reply(304, headers, None)
    return Reply(200, headers, None)


def _view(call: Call, bucket: str, key: str, *, with_data: bool = False) -> View:
    place = place_of(call.who, bucket, key)
    try:
        found = _found(call.who, place, with_data=with_data)
        return view_of(call.who, versions.wanted(found, call.arg("versionId")))
    except ItemNotFound as fault:
        code = fault.details or "NoSuchKey"
        raise ItemNotFound(f"There is no object '{key}'.", details=code) from fault


def _found(caller: Caller, place: Place, *, with_data: bool) -> Found:
    """Find an object; one that is open to everybody is read as by its owner."""
    found = with_rights(caller, look(place, with_data=with_data))
    if found.right < Right.READ and found.public_id is None:
        raise denied("Nothing here is yours to read.")
    return found


def _tags(view: View) -> frozenset[str]:
    return view.all_tags | {etag_of(view.found.object).strip('"')}


def headers_of(view: View) -> dict[str, str]:
    """Write what S3 tells about an object."""
    state = view.found.object
    headers = {
        "ETag": etag_of(state),
        "Content-Type": state.type or OCTETS,
        "Last-Modified": formats.http_date(state.modified),
        "Accept-Ranges": "bytes",
        "x-amz-version-id": str(state.serial),
    }
    for name, value in state.metadata.items():
        if name.startswith(_OBJECT_META):
            headers[f"x-amz-meta-{name[len(_OBJECT_META) :].lower()}"] = metadata.encoded(value)
        elif name in {"Content-Encoding", "Content-Disposition"}:
            headers[name] = value
    return headers


def put_object(call: Call, bucket: str, key: str) -> Reply:
    """Store an object."""
    if call.headers.get("X-Amz-Copy-Source"):
        return copy_object(call, bucket, key)
    place = place_of(call.who, bucket, key)
    body = bodies.body_of(call, signed_of())
    former = parts_of(call.who, place)
    tags = object_tags.given(call)
    wish = wish_of(call, key)
    state = objects.put(call.who, place, body, wish)
    forget_parts(call.who, former)
    object_tags.lay(place, tags)
    return Reply(200, _written(state), None)


def _written(state: State) -> dict[str, str]:
    return {"ETag": etag_of(state), "x-amz-version-id": str(state.serial)}


def wish_of(call: Call, key: str) -> Wish:
    """Read what an upload's headers ask for."""
    headers: Mapping[str, str] = call.headers
    kind = headers.get("Content-Type") or mimetypes.guess_type(key)[0] or OCTETS
    wanted = conditions.read(headers)
    return Wish(
        content_type=kind,
        metadata=_metadata(headers),
        conditions=Conditions(match=wanted.match, none_match=wanted.none_match),
        is_public=access.canned(call),
    )


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    own = metadata.given(headers, _META)
    found = {f"{_OBJECT_META}{name[len(_META) :]}": value for name, value in own.items()}
    for name in ("Content-Encoding", "Content-Disposition"):
        value = ",".join(
            part.strip()
            for part in (headers.get(name) or "").split(",")
            if part.strip() and part.strip() != "aws-chunked"
        )
        if value:
            found[name] = value
    return found


def copy_object(call: Call, bucket: str, key: str) -> Reply:
    """Copy an object: the blocks stay where they are."""
    target = place_of(call.who, bucket, key)
    source = source_of(call)
    is_fresh = (call.headers.get("X-Amz-Metadata-Directive") or "COPY").upper() == "REPLACE"
    if source == target and not is_fresh:
        raise wrong("An object cannot be copied onto itself unchanged.", "InvalidRequest")
    wish = wish_of(call, key) if is_fresh else Wish(is_public=access.canned(call))
    wish = msgspec.structs.replace(wish, conditions=source_conditions(call))
    route = Route(source=source, target=target, version=version_of(call), is_fresh=is_fresh)
    check_ages(call, source)
    _, state = copies.transfer(call.who, route, wish)
    if (call.headers.get("X-Amz-Tagging-Directive") or "COPY").upper() == "REPLACE":
        object_tags.lay(target, object_tags.given(call))
    told: list[Node] = [
        ("LastModified", formats.iso_z(state.modified)),
        ("ETag", etag_of(state)),
    ]
    return document("CopyObjectResult", told)


def source_of(call: Call) -> Place:
    """Read which object is copied; it must be the caller's and there."""
    text = str(call.headers.get("X-Amz-Copy-Source", "")).partition("?versionId=")[0]
    bucket, _, key = unquote(text).removeprefix("/").partition("/")
    place = place_of(call.who, bucket, key)
    if look(place).state is None:
        raise ItemNotFound(f"There is no object '{key}'.", details="NoSuchKey")
    return place


def version_of(call: Call) -> str:
    """Read which version of the source is copied."""
    text = str(call.headers.get("X-Amz-Copy-Source", ""))
    return text.partition("?versionId=")[2]


def source_conditions(call: Call) -> Conditions:
    """Read what must hold for the source of a copy."""
    prefix = "X-Amz-Copy-Source-"
    named = {name: call.headers.get(prefix + name) for name in ("If-Match", "If-None-Match")}
    found = conditions.read({name: value for name, value in named.items() if value})
    return Conditions(match=found.match, none_match=found.none_match)


def check_ages(call: Call, source: Place) -> None:
    """Refuse a copy of a source that is too old or too new for its sender."""
    prefix, modified = "X-Amz-Copy-Source-", look(source).object.seconds
    since = conditions.seconds_of(call.headers.get(f"{prefix}If-Modified-Since"))
    until = conditions.seconds_of(call.headers.get(f"{prefix}If-Unmodified-Since"))
    if (since is not None and modified <= since) or (until is not None and modified > until):
        raise PreconditionFailed("The source of the copy is too old or too new.")


def delete_object(call: Call, bucket: str, key: str) -> Reply:
    """Delete an object, or one version of it; what is not there counts as deleted."""
    place, version = place_of(call.who, bucket, key), call.arg("versionId")
    return Reply(204, _removed(call.who, place, version), None)


def _removed(caller: Caller, place: Place, version: str | None) -> dict[str, str]:
    """Delete, and tell which version went or what notes the deletion."""
    if not version or version == "null":
        _delete(caller, place)
        return {}
    try:
        was_deletion = version_removal.drop(caller, place, version)
    except ItemNotFound:
        was_deletion = False
    told = {"x-amz-version-id": version}
    return {**told, "x-amz-delete-marker": "true"} if was_deletion else told


def _delete(caller: Caller, place: Place) -> None:
    former = parts_of(caller, place)
    try:
        objects.delete(caller, place)
    except ItemNotFound:
        return
    forget_parts(caller, former)


def delete_objects(call: Call, bucket: str) -> Reply:
    """Delete many objects at once."""
    bucket_of(call.who, bucket)
    wanted = root(call)
    named = [(text_of(one, "Key"), text_of(one, "VersionId")) for one in wanted.iter("Object")]
    keys = [key for key, _ in named]
    if not keys or len(keys) > MOST_DELETED:
        raise wrong(f"Name 1 to {MOST_DELETED} objects.", "MalformedXML")
    for key, version in named:
        if key:
            _removed(call.who, place_of(call.who, bucket, key), version)
    is_quiet = text_of(wanted, "Quiet") == "true"
    gone: list[Node] = [] if is_quiet else [("Deleted", [("Key", key)]) for key in keys]
    return document("DeleteResult", gone)


def parts_of(caller: Caller, place: Place) -> list[Place]:
    """Name the parts that an object was uploaded in, if nothing but it needs them."""
    container = bucket_of(caller, place.container)
    state = look(place).state
    if state is None or state.large_size is None or container.versioning == Versioning.AUTO:
        return []
    mine = f"/{place.container}{SEGMENTS}/"
    account = place.account
    return [
        Place(account, place.container + SEGMENTS, entry.name.removeprefix(mine))
        for entry in large.entries_of(state)
        if entry.name.startswith(mine)
    ]


def forget_parts(caller: Caller, parts: list[Place]) -> None:
    """Delete parts that nothing needs any more."""
    for part in parts:
        try:
            objects.delete(caller, part)
        except ItemNotFound:
            continue
