"""Former versions over S3: listed, read, removed. Spec: object-storage 18.2."""

from synnefo.kit.faults import ItemNotFound
from synnefo.kit.units import is_number
from synnefo.pithos.api import formats
from synnefo.pithos.api.s3.buckets import owner
from synnefo.pithos.api.s3.documents import Node, document
from synnefo.pithos.api.s3.faults import wrong
from synnefo.pithos.api.s3.lists import most, shown
from synnefo.pithos.api.s3.places import bucket_of
from synnefo.pithos.api.s3.tags import etag_of
from synnefo.pithos.domain.listings import Listing
from synnefo.pithos.usecases import version_lists
from synnefo.pithos.usecases.found import Found, at_version
from synnefo.pithos.usecases.version_lists import Entry
from synnefo.serve.http.call import Call, Reply


def list_versions(call: Call, bucket: str) -> Reply:
    """List every version of every object of a bucket."""
    container, limit = bucket_of(call.who, bucket), most(call)
    after, before = call.arg("key-marker") or "", call.arg("version-id-marker") or ""
    if before and not (after and is_number(before)):
        raise wrong("A version-id-marker goes with a key-marker.")
    listing = Listing(
        prefix=call.arg("prefix") or "",
        delimiter=call.arg("delimiter") or "",
        marker=after,
        limit=limit + 1,
    )
    found = version_lists.page(call.who, container, listing, int(before or 0)) if limit else []
    page, is_cut = found[:limit], len(found) > limit
    nodes: list[Node] = [
        ("Name", bucket),
        ("Prefix", shown(call, listing.prefix)),
        ("KeyMarker", shown(call, after)),
        ("VersionIdMarker", before),
        ("MaxKeys", str(limit)),
        ("IsTruncated", "true" if is_cut else "false"),
    ]
    nodes += [(name, call.arg(key) or "") for name, key in _ECHOED if call.arg(key)]
    if is_cut and page:
        nodes.append(("NextKeyMarker", shown(call, page[-1].name)))
        last = page[-1].state
        nodes.append(("NextVersionIdMarker", str(last.serial) if last else ""))
    nodes += [_entry(call, one) for one in page if one.state is not None]
    nodes += [
        ("CommonPrefixes", [("Prefix", shown(call, one.name))])
        for one in page
        if one.state is None
    ]
    return document("ListVersionsResult", nodes)


_ECHOED = (("Delimiter", "delimiter"), ("EncodingType", "encoding-type"))


def _entry(call: Call, entry: Entry) -> Node:
    state = entry.state
    assert state is not None
    facts: list[Node] = [
        ("Key", shown(call, entry.name)),
        ("VersionId", str(state.serial)),
        ("IsLatest", "true" if entry.is_latest else "false"),
        ("LastModified", formats.iso_z(state.modified)),
    ]
    if entry.is_deletion:
        return "DeleteMarker", [*facts, ("Owner", owner(call))]
    size = state.size if state.large_size is None else state.large_size
    facts += [("ETag", etag_of(state)), ("Size", str(size)), ("StorageClass", "STANDARD")]
    return "Version", [*facts, ("Owner", owner(call))]


def wanted(found: Found, version: str | None) -> Found:
    """Go to the version that a request names; `null` is whatever is there."""
    if not version or version == "null":
        return found
    try:
        return at_version(found, version)
    except ItemNotFound as fault:
        raise ItemNotFound("There is no such version.", details="NoSuchVersion") from fault
