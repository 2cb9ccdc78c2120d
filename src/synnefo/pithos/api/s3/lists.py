"""What is in a bucket, page by page, in both versions of the list."""

import base64
import binascii
from urllib.parse import quote

import msgspec

from synnefo.kit.units import is_number
from synnefo.pithos.api import formats
from synnefo.pithos.api.s3.buckets import owner
from synnefo.pithos.api.s3.documents import Node, document
from synnefo.pithos.api.s3.faults import wrong
from synnefo.pithos.api.s3.places import bucket_of
from synnefo.pithos.api.s3.tags import etag_of
from synnefo.pithos.domain.acls import LISTINGS, READ
from synnefo.pithos.domain.listings import Listing
from synnefo.pithos.models import Container
from synnefo.pithos.usecases import listings
from synnefo.pithos.usecases.listings import Filter, Line
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call, Reply

MOST = 1000


class Page(msgspec.Struct, frozen=True):
    """One page of a list, and whether there is more."""

    lines: list[Line]
    is_cut: bool

    @property
    def last(self) -> str:
        """Answer the name after which the next page begins."""
        return self.lines[-1].name if self.lines else ""


def list_objects(call: Call, bucket: str) -> Reply:
    """List a bucket's objects, in the older or the newer way."""
    limit = most(call)
    if call.arg("list-type") == "2":
        return _newer(call, bucket, limit)
    marker = call.arg("marker") or ""
    page = _page(call, bucket, marker, limit)
    head: list[Node] = [("Marker", shown(call, marker))]
    if page.is_cut and call.arg("delimiter"):
        head.append(("NextMarker", shown(call, page.last)))
    return _document(call, bucket, page, head)


def _newer(call: Call, bucket: str, limit: int) -> Reply:
    token, start = call.arg("continuation-token"), call.arg("start-after") or ""
    page = _page(call, bucket, _name_in(token) if token else start, limit)
    head: list[Node] = [("KeyCount", str(len(page.lines)))]
    if token:
        head.append(("ContinuationToken", token))
    if start:
        head.append(("StartAfter", shown(call, start)))
    if page.is_cut:
        head.append(("NextContinuationToken", _token_of(page.last)))
    return _document(call, bucket, page, head)


def most(call: Call) -> int:
    """Read how many names are wanted at once."""
    text = call.arg("max-keys") or str(MOST)
    if not is_number(text):
        raise wrong("max-keys is a number.")
    return min(int(text), MOST)


def _page(call: Call, bucket: str, marker: str, limit: int) -> Page:
    container = bucket_of(call.who, bucket)
    if not limit:
        return Page([], False)
    listing = Listing(
        prefix=call.arg("prefix") or "",
        delimiter=call.arg("delimiter") or "",
        marker=marker,
        limit=limit + 1,
    )
    found = listings.page(_reader(call, container), container, listing, Filter())
    return Page(found[:limit], len(found) > limit)


def _reader(call: Call, container: Container) -> Caller:
    """Let everybody list a bucket that is open, as its owner would."""
    is_open = LISTINGS in str(container.rules.get(READ, "")).split(",")
    return Caller(user_id=container.account) if is_open else call.who


def _document(call: Call, bucket: str, page: Page, head: list[Node]) -> Reply:
    nodes: list[Node] = [
        ("Name", bucket),
        ("Prefix", shown(call, call.arg("prefix") or "")),
        *head,
        ("MaxKeys", str(most(call))),
        ("IsTruncated", "true" if page.is_cut else "false"),
    ]
    for name, told in (("delimiter", "Delimiter"), ("encoding-type", "EncodingType")):
        value = call.arg(name)
        if value:
            nodes.append((told, shown(call, value) if name == "delimiter" else value))
    nodes += [_entry(call, line) for line in page.lines if line.state is not None]
    nodes += [
        ("CommonPrefixes", [("Prefix", shown(call, line.name))])
        for line in page.lines
        if line.state is None
    ]
    return document("ListBucketResult", nodes)


def _entry(call: Call, line: Line) -> Node:
    state = line.state
    assert state is not None
    size = state.size if state.large_size is None else state.large_size
    facts: list[Node] = [
        ("Key", shown(call, line.name)),
        ("LastModified", formats.iso_z(state.modified)),
        ("ETag", etag_of(state)),
        ("Size", str(size)),
        ("StorageClass", "STANDARD"),
    ]
    if call.arg("list-type") != "2" or call.arg("fetch-owner") == "true":
        facts.append(("Owner", owner(call)))
    return "Contents", facts


def shown(call: Call, text: str) -> str:
    """Write a name as asked; XML cannot carry every character."""
    if call.arg("encoding-type") == "url":
        return quote(text, safe="/")
    return "".join(c if c.isprintable() or c in "\t\n\r" else "\ufffd" for c in text)


def _token_of(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _name_in(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError) as error:
        raise wrong("The continuation token is not one of ours.") from error
