"""Reading objects over HTTP. Spec: object-storage 7.1, 7.2."""

import secrets
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import msgspec

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Forbidden
from synnefo.kit.units import MIB
from synnefo.pithos.api import formats
from synnefo.pithos.api.dialects import Asked, asked, header_name, header_value
from synnefo.pithos.api.links import link_to, public_url
from synnefo.pithos.domain import conditions, ranges, tags
from synnefo.pithos.domain.ranges import Span
from synnefo.pithos.domain.sharing import Right
from synnefo.pithos.domain.symlinks import LINK
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import content, history, large, symlinks
from synnefo.pithos.usecases.content import Outlet
from synnefo.pithos.usecases.found import (
    Found,
    at_version,
    digests_of,
    look,
    readable,
    with_rights,
)
from synnefo.pithos.usecases.large import Part, Whole
from synnefo.pithos.usecases.objects import tags_of
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call, Reply
from synnefo.serve.http.stream import FileOutlet

AT_ONCE = 1 * MIB
"""Answers up to this size are sent in one piece."""

Headers = dict[str, str]


class View(msgspec.Struct, frozen=True):
    """An object about to be shown: what it is, how large, and by which tag it is known."""

    found: Found
    size: int
    etag: str
    whole: Whole | None
    outlet: Outlet | None = None

    @property
    def modified(self) -> int:
        """Tell when it changed, in microseconds since 1970."""
        return self.found.object.modified

    @property
    def all_tags(self) -> frozenset[str]:
        """Tell every tag that a condition may name."""
        return tags_of(self.found.object) | {self.etag}


def view_of(caller: Caller | None, found: Found) -> View:
    """Put together what is shown of an object; a large one counts as its segments."""
    state = found.object
    whole = large.whole_of(caller, found)
    if whole is not None:
        return View(found, whole.size, whole.etag, whole)
    is_md5 = conf.of(PithosSettings).pithos_update_md5
    etag = tags.of_version(state.checksum, state.hash, is_md5_wanted=is_md5)
    return View(found, state.size, etag, None)


def _located(call: Call, ask: Asked, *, with_data: bool = False) -> Found:
    version = call.arg("version") or call.arg("version-id")
    if not version or version == "list":
        found = readable(ask.caller, ask.place, with_data=with_data)
        if LINK in found.object.metadata and call.arg("symlink") != "get":
            return symlinks.followed(ask.caller, found, with_data=with_data)
        return found
    found = with_rights(ask.caller, look(ask.place))
    if found.right < Right.READ:
        raise Forbidden("Nothing here is shared with you.")
    return at_version(found, version)


def head_object(call: Call, account: str, container: str, name: str) -> Reply:
    """Tell everything about an object but its content."""
    ask = asked(call, account, container, name)
    view = view_of(ask.caller, _located(call, ask))
    headers = headers_of(call, ask, view)
    if conditions.read(ask.headers).is_unmodified(view.all_tags, view.modified // 1_000_000):
        return Reply(304, {**headers, "ETag": headers["ETag"]}, None)
    return Reply(200, {**headers, "Content-Length": str(view.size)}, None)


def get_object(call: Call, account: str, container: str, name: str) -> Reply:
    """Answer an object's content, some of it, its hash map, or the list of its versions."""
    ask = asked(call, account, container, name)
    if call.arg("version") == "list":
        return _versions(call, ask)
    found = _located(call, ask, with_data=True)
    if call.arg("multipart-manifest") == "get" and found.object.large_size is not None:
        return _manifest(call, ask, found)
    is_map = "hashmap" in call.query
    view = _plain(found) if is_map else view_of(ask.caller, found)
    headers = headers_of(call, ask, view)
    if conditions.read(ask.headers).is_unmodified(view.all_tags, view.modified // 1_000_000):
        return Reply(304, headers, None)
    if found.object.available != 1:
        raise _unavailable(found.object.available)
    if is_map:
        return _hashmap(call, ask, view, headers)
    view = msgspec.structs.replace(view, outlet=FileOutlet.of(call.meta))
    return data_reply(ask.headers.get("Range"), ask.headers.get("If-Range"), view, headers)


def _unavailable(available: int) -> BadRequest | Forbidden:
    if available < 0:
        return BadRequest("The content of this snapshot is broken.")
    return Forbidden("The content of this object is still being made. Try again later.")


def _plain(found: Found) -> View:
    """View an object as it is stored, a manifest as a manifest."""
    state = found.object
    is_md5 = conf.of(PithosSettings).pithos_update_md5
    etag = tags.of_version(state.checksum, state.hash, is_md5_wanted=is_md5)
    return View(found, state.size, etag, None)


def headers_of(call: Call, ask: Asked, view: View) -> Headers:
    """Write the headers of an object's answer."""
    state, found = view.found.object, view.found
    headers = {
        **basic_headers(view),
        "X-Object-Hash": state.hash,
        "X-Object-UUID": state.uuid,
        "X-Object-Version": str(state.serial),
        "X-Object-Version-Timestamp": formats.http_date(state.modified),
        "X-Object-Modified-By": state.modified_by,
        "X-Timestamp": f"{state.modified / 1e6:.5f}",
        "Vary": "X-Auth-Token",
        "Cache-Control": formats.NEVER_CACHED["Cache-Control"],
    }
    if found.place != ask.place:
        headers["Content-Location"] = link_to(found.place)
    for key, value in state.metadata.items():
        headers[header_name(ask, key)] = header_value(ask, value)
    if state.expires is not None:
        headers["X-Delete-At"] = str(state.expires // 1_000_000)
    if "version" not in call.query:
        headers |= _sharing_headers(found)
    if ask.is_swift:
        headers["X-Object-Version-Id"] = str(state.serial)
    headers["Content-Disposition"] = disposition(call, found)
    return headers


def basic_headers(view: View) -> Headers:
    """Write the headers that everybody may see."""
    state = view.found.object
    is_large = view.whole is not None
    headers = {
        "ETag": f'"{view.etag}"' if is_large else view.etag,
        "Content-Type": state.type or "application/octet-stream",
        "Last-Modified": formats.http_date(state.modified),
        "Available": str(state.available),
        "Accept-Ranges": "bytes",
    }
    if state.large_size is not None:
        headers |= {"X-Static-Large-Object": "True", "X-Manifest-Etag": f'"{state.checksum}"'}
    if "Content-Encoding" in state.metadata:
        headers["Content-Encoding"] = state.metadata["Content-Encoding"]
    return headers


def _sharing_headers(found: Found) -> Headers:
    headers: Headers = {}
    if found.sharing:
        headers["X-Object-Sharing"] = quote(found.sharing.header(), safe="/=,:@; *")
    if found.shared_by:
        headers["X-Object-Shared-By"] = quote(found.shared_by, safe="/=,:@; ")
    if found.right < Right.OWN:
        headers["X-Object-Allowed-To"] = "write" if found.right >= Right.WRITE else "read"
    elif found.public_id:
        headers["X-Object-Public"] = public_url(found.public_id)
    return headers


def disposition(call: Call, found: Found) -> str:
    """Say how a browser shall show an object. Spec: object-storage 7.2.5."""
    kind = call.arg("disposition-type")
    stored = found.object.metadata.get("Content-Disposition", "")
    if kind not in {"inline", "attachment"}:
        if stored:
            return quote(stored, safe="/=,:@; \"'()*!&+.-_~")
        kind = "inline"
    name = found.place.name.rpartition("/")[2] or found.place.name
    if name.isascii() and name.isprintable() and not set(name) & set('"\\%'):
        return f'{kind}; filename="{name}"'
    return f"{kind}; filename*=UTF-8''{quote(name, safe='')}"


def data_reply(wanted: str | None, if_range: str | None, view: View, headers: Headers) -> Reply:
    """Answer an object's bytes: all of them, one range, or several as parts."""
    spans = None
    if wanted and conditions.honours_range(if_range, view.all_tags, view.modified // 1_000_000):
        spans = ranges.wanted(wanted, view.size)
    if spans is None:
        return _one(view, Span(0, view.size), headers, 200)
    if len(spans) == 1:
        told = {**headers, "Content-Range": spans[0].content_range(view.size)}
        return _one(view, spans[0], told, 206)
    return _several(view, spans, headers)


def _one(view: View, span: Span, headers: Headers, status: int) -> Reply:
    headers["Content-Length"] = str(span.length)
    if span.length <= AT_ONCE:
        return Reply(status, headers, b"".join(pieces_of(view, span)))
    return Reply(status, headers, pieces_of(view, span, view.outlet))


def pieces_of(view: View, span: Span, outlet: Outlet | None = None) -> Iterator[bytes]:
    """Answer some of an object's bytes, piece by piece."""
    if view.whole is not None:
        parts: Sequence[Part] = view.whole.parts
        return large.stream(parts, span, outlet)
    if view.found.data is not None:
        return iter([content.padded(view.found.data, span)])
    return content.stream(digests_of(view.found.object), span, outlet)


def _several(view: View, spans: Sequence[Span], headers: Headers) -> Reply:
    boundary = secrets.token_hex(16)
    kind = f"multipart/byteranges; boundary={boundary}"
    return Reply(
        206,
        {**headers, "Content-Type": kind},
        _parts(view, spans, boundary, headers["Content-Type"]),
    )


def _parts(view: View, spans: Sequence[Span], boundary: str, kind: str) -> Iterator[bytes]:
    start = ""
    for span in spans:
        yield (
            f"{start}--{boundary}\r\nContent-Type: {kind}\r\n"
            f"Content-Range: {span.content_range(view.size)}\r\n"
            "Content-Transfer-Encoding: binary\r\n\r\n"
        ).encode()
        yield from pieces_of(view, span)
        start = "\r\n"
    yield f"\r\n--{boundary}--\r\n".encode()


def _hashmap(call: Call, ask: Asked, view: View, headers: Headers) -> Reply:
    """Answer which blocks an object is made of. Spec: object-storage 7.2.3."""
    settings, state = conf.of(PithosSettings), view.found.object
    content.spill([state.hash])
    hashes = content.hashes_told(digests_of(state))
    facts = {
        "block_size": settings.pithos_backend_block_size,
        "block_hash": settings.pithos_backend_hash_algorithm,
        "bytes": state.size,
    }
    if formats.chosen(call, "json", "xml") == "xml":
        named = {"name": ask.place.name, **facts}
        body = formats.xml_list("object", "hash", hashes, named)
        return Reply(200, {**headers, "Content-Type": formats.XML}, body)
    body = msgspec.json.encode({**facts, "hashes": hashes})
    return Reply(200, {**headers, "Content-Type": formats.JSON}, body)


def _versions(call: Call, ask: Asked) -> Reply:
    found = with_rights(ask.caller, look(ask.place))
    if found.right < Right.READ:
        raise Forbidden("Nothing here is shared with you.")
    kind = formats.chosen(call, "", "json", "xml")
    if not kind:
        raise BadRequest("A list of versions is given as JSON or XML: add format=json.")
    known = history.versions(found)
    if kind == "xml":
        rows = "".join(
            f'<version timestamp="{formats.decimal(one.modified)}">{one.serial}</version>'
            for one in known
        )
        name = quote(ask.place.name)
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<object name="{name}">{rows}</object>'
        return Reply(200, {**formats.NEVER_CACHED, "Content-Type": formats.XML}, body.encode())
    pairs = [[one.serial, formats.decimal(one.modified)] for one in known]
    body_json = msgspec.json.encode({"versions": pairs})
    return Reply(200, {**formats.NEVER_CACHED, "Content-Type": formats.JSON}, body_json)


def _manifest(call: Call, ask: Asked, found: Found) -> Reply:
    """Answer a static manifest itself, as stored or as it can be sent again."""
    entries = large.entries_of(found.object)
    rows: list[dict[str, object]]
    if call.arg("format") == "raw":
        rows = [
            {"path": one.name, "etag": one.hash, "size_bytes": one.bytes}
            | ({"range": one.range} if one.range else {})
            for one in entries
        ]
    else:
        modified = formats.iso(found.object.modified, is_swift=True)
        rows = [
            {
                "name": one.name,
                "hash": one.hash,
                "bytes": one.bytes,
                "content_type": "application/octet-stream",
                "last_modified": modified,
            }
            for one in entries
        ]
    headers = headers_of(call, ask, _plain(found))
    return Reply(200, {**headers, "Content-Type": formats.JSON}, msgspec.json.encode(rows))
