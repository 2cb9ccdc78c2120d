"""Uploads in parts: each part is stored once, the end of an upload copies nothing.

Parts are objects of the container `BUCKET+segments`, below the key and the upload's id; the
finished object is a static large object of them.
"""

from urllib.parse import quote

import msgspec

from synnefo.kit.faults import ItemNotFound
from synnefo.kit.ids import new_hex_id
from synnefo.kit.units import is_number
from synnefo.pithos.api import formats
from synnefo.pithos.api.reading import pieces_of, view_of
from synnefo.pithos.api.s3 import bodies, versions
from synnefo.pithos.api.s3.callers import signed_of
from synnefo.pithos.api.s3.documents import Node, document, root, text_of
from synnefo.pithos.api.s3.faults import no_upload, wrong
from synnefo.pithos.api.s3.objects import (
    check_ages,
    forget_parts,
    parts_of,
    source_conditions,
    source_of,
    version_of,
    wish_of,
)
from synnefo.pithos.api.s3.places import SEGMENTS, account_of, bucket_of, place_of
from synnefo.pithos.api.s3.tags import bare, etag_of
from synnefo.pithos.domain import ranges
from synnefo.pithos.domain.listings import Listing
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.policies import Versioning
from synnefo.pithos.domain.ranges import Span
from synnefo.pithos.models import Container
from synnefo.pithos.usecases import containers, copies, large, listings, objects
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.content import Lines, Pieces
from synnefo.pithos.usecases.copies import Route
from synnefo.pithos.usecases.found import State, container_of, look, readable
from synnefo.pithos.usecases.listings import Filter, Line
from synnefo.pithos.usecases.objects import Wish
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call, Reply

MOST_PARTS = 10_000


def begin(call: Call, bucket: str, key: str) -> Reply:
    """Begin an upload; what its headers say holds for the finished object."""
    place_of(call.who, bucket, key)
    account = account_of(call.who)
    if not Container.objects.filter(account=account, name=bucket + SEGMENTS).exists():
        order = Order({"versioning": Versioning.NONE}, {})
        containers.put(call.who, account, bucket + SEGMENTS, order)
    upload = new_hex_id()
    objects.put(call.who, _record(call.who, bucket, key, upload), Lines(b""), wish_of(call, key))
    return document(
        "InitiateMultipartUploadResult",
        [("Bucket", bucket), ("Key", key), ("UploadId", upload)],
    )


def put_part(call: Call, bucket: str, key: str) -> Reply:
    """Store a part, or copy it from an object that is there."""
    record = _open(call, bucket, key)
    place = _part(record, _number(call))
    if call.headers.get("X-Amz-Copy-Source"):
        state = _copied(call, place)
        when = ("LastModified", formats.iso_z(state.modified))
        return document("CopyPartResult", [when, ("ETag", etag_of(state))])
    state = objects.put(call.who, place, bodies.body_of(call, signed_of()), Wish())
    if look(record).state is None:
        objects.delete(call.who, place)
        raise no_upload()
    return Reply(200, {"ETag": etag_of(state)}, None)


def _copied(call: Call, place: Place) -> State:
    """Make a part of an object that is there, or of some of its bytes."""
    source, wish = source_of(call), Wish(conditions=source_conditions(call))
    check_ages(call, source)
    wanted = call.headers.get("X-Amz-Copy-Source-Range")
    found = versions.wanted(readable(call.who, source), version_of(call))
    if not wanted and found.object.large_size is None:
        route = Route(source=source, target=place, version=version_of(call), is_fresh=True)
        return copies.transfer(call.who, route, wish)[1]
    wish.conditions.check_write(objects.tags_of(found.object))
    view = view_of(call.who, found)
    spans = ranges.wanted(wanted, view.size) if wanted else [Span(0, view.size)]
    if spans is None or len(spans) != 1:
        raise wrong("A part copies one range of bytes.", "InvalidRange")
    body = Pieces(pieces_of(view, spans[0]), spans[0].length)
    return objects.put(call.who, place, body, Wish())


def complete(call: Call, bucket: str, key: str) -> Reply:
    """Make the object of the parts that the client names, in their order."""
    record = _open(call, bucket, key)
    target = place_of(call.who, bucket, key)
    stored = {_number_of(line): line for line in _parts(call.who, record)}
    wanted = [
        (_as_number(text_of(each, "PartNumber")), bare(text_of(each, "ETag")))
        for each in root(call).iter("Part")
    ]
    lines = _chosen(stored, wanted)
    former = parts_of(call.who, target)
    state = _make(call.who, record, target, lines)
    objects.delete(call.who, record)
    kept = {line.name for line in lines}
    unused = [each for each in _places(record, stored) if each.name not in kept]
    forget_parts(call.who, [*former, *unused])
    return document(
        "CompleteMultipartUploadResult",
        [
            ("Location", f"{call.public_base}{call.whole_path}"),
            ("Bucket", bucket),
            ("Key", key),
            ("ETag", etag_of(state)),
        ],
    )


def _chosen(stored: dict[int, Line], wanted: list[tuple[int, str]]) -> list[Line]:
    numbers = [number for number, _ in wanted]
    if not wanted or numbers != sorted(set(numbers)):
        raise wrong("Name the parts in ascending order.", "InvalidPartOrder")
    lines = []
    for number, tag in wanted:
        line = stored.get(number)
        if line is None or line.state is None or tag not in {"", bare(etag_of(line.state))}:
            raise wrong(f"Part {number} was not uploaded, or is another.", "InvalidPart")
        lines.append(line)
    return lines


def _make(caller: Caller, record: Place, target: Place, lines: list[Line]) -> State:
    begun = look(record).object
    wish = Wish(content_type=begun.type, metadata=dict(begun.metadata))
    manifest = [
        {"path": f"/{record.container}/{line.name}", "size_bytes": line.state.size}
        for line in lines
        if line.state is not None
    ]
    return large.put_static(caller, target, msgspec.json.encode(manifest), wish)


def abort(call: Call, bucket: str, key: str) -> Reply:
    """Give an upload up and forget its parts."""
    record = _open(call, bucket, key)
    objects.delete(call.who, record)
    stored = {_number_of(line): line for line in _parts(call.who, record)}
    forget_parts(call.who, _places(record, stored))
    return Reply(204, {}, None)


def list_parts(call: Call, bucket: str, key: str) -> Reply:
    """List the parts that have arrived."""
    record = _open(call, bucket, key)
    upload = record.name.rpartition("/")[2]
    nodes: list[Node] = [("Bucket", bucket), ("Key", key), ("UploadId", upload)]
    nodes += [("MaxParts", str(MOST_PARTS)), ("IsTruncated", "false")]
    for line in _parts(call.who, record):
        state = line.state
        if state is not None:
            facts: list[Node] = [
                ("PartNumber", str(_number_of(line))),
                ("LastModified", formats.iso_z(state.modified)),
                ("ETag", etag_of(state)),
                ("Size", str(state.size)),
            ]
            nodes.append(("Part", facts))
    return document("ListPartsResult", nodes)


def list_uploads(call: Call, bucket: str) -> Reply:
    """List the uploads that were begun and not ended."""
    bucket_of(call.who, bucket)
    prefix = call.arg("prefix") or ""
    nodes: list[Node] = [("Bucket", bucket), ("Prefix", prefix), ("IsTruncated", "false")]
    try:
        container = container_of(account_of(call.who), bucket + SEGMENTS)
    except ItemNotFound:
        return document("ListMultipartUploadsResult", nodes)
    for line in listings.page(call.who, container, Listing(prefix=prefix), Filter()):
        key, _, upload = line.name.rpartition("/")
        if line.state is not None and len(upload) == len(new_hex_id()):
            facts: list[Node] = [("Key", key), ("UploadId", upload)]
            facts.append(("Initiated", formats.iso_z(line.state.modified)))
            nodes.append(("Upload", facts))
    return document("ListMultipartUploadsResult", nodes)


def _record(caller: Caller, bucket: str, key: str, upload: str) -> Place:
    return Place(account_of(caller), bucket + SEGMENTS, f"{key}/{upload}")


def _open(call: Call, bucket: str, key: str) -> Place:
    """Find an upload that is still open."""
    bucket_of(call.who, bucket)
    upload = call.arg("uploadId") or ""
    record = _record(call.who, bucket, key, upload)
    try:
        if not upload or look(record).state is None:
            raise no_upload()
    except ItemNotFound as fault:
        raise no_upload() from fault
    return record


def _part(record: Place, number: int) -> Place:
    return msgspec.structs.replace(record, name=f"{record.name}/{number:05d}")


def _number(call: Call) -> int:
    return _as_number(call.arg("partNumber") or "")


def _as_number(text: str) -> int:
    if not is_number(text) or not 1 <= int(text) <= MOST_PARTS:
        raise wrong(f"A part has a number from 1 to {MOST_PARTS}, not '{quote(text)}'.")
    return int(text)


def _parts(caller: Caller, record: Place) -> list[Line]:
    container = container_of(record.account, record.container)
    listing = Listing(prefix=f"{record.name}/", limit=MOST_PARTS)
    return listings.page(caller, container, listing, Filter())


def _number_of(line: Line) -> int:
    return int(line.name.rpartition("/")[2])


def _places(record: Place, stored: dict[int, Line]) -> list[Place]:
    return [msgspec.structs.replace(record, name=line.name) for line in stored.values()]
