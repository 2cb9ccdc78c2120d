"""What anybody may send: every reader of it answers, or refuses by a fault, and never breaks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synnefo.kit.faults import Fault
from synnefo.pithos.api.forms import Form, boundary_of
from synnefo.pithos.api.s3.documents import root
from synnefo.pithos.domain import (
    acls,
    aws_signatures,
    bucket_policies,
    conditions,
    listings,
    manifests,
    metadata,
    places,
    ranges,
    sharing,
    temp_urls,
)
from synnefo.pithos.domain.acls import Visit
from synnefo.pithos.domain.form_tickets import ticket_of
from synnefo.pithos.domain.lifecycles import Rule
from synnefo.pithos.domain.listings import Listing
from synnefo.pithos.domain.temp_urls import Ticket

if TYPE_CHECKING:
    from synnefo.serve.http.call import Call

TEXT = st.text(st.characters(codec="utf-8"), max_size=60) | st.text(
    "bytes=-,0123456789 */:.%;\"'\\~!<>²٣\x00\r\nrw{}[]", max_size=40
)
LATIN = st.text(st.characters(max_codepoint=255), max_size=60)
FEW = settings(max_examples=150, deadline=None)


def quiet(reader: Callable[[], object]) -> object | None:
    """Run a reader; a fault of the client's is an answer too."""
    try:
        return reader()
    except Fault as fault:
        assert 400 <= fault.status < 500
        return None


@FEW
@given(TEXT, st.integers(0, 2**40))
def test_ranges_never_leave_the_object(header: str, size: int) -> None:
    spans = quiet(lambda: ranges.wanted(header, size))
    assert spans is None or all(0 <= s.start < s.stop <= size for s in spans)  # type: ignore[attr-defined]


@FEW
@given(TEXT)
def test_ranges_of_updates_make_sense_or_are_refused(header: str) -> None:
    found = quiet(lambda: ranges.target(header))
    if isinstance(found, ranges.Target):
        assert found.length is None or found.length > 0


@FEW
@given(TEXT | LATIN)
def test_dates_and_tags_are_read_or_ignored(header: str) -> None:
    conditions.seconds_of(header)
    conditions.read({"If-Match": header, "If-None-Match": header, "If-Modified-Since": header})
    conditions.honours_range(header, frozenset({"x"}), 5)


@FEW
@given(TEXT, TEXT)
def test_names_lists_and_queries(text: str, other: str) -> None:
    quiet(lambda: places.place_in_header(text, other))
    quiet(lambda: places.account_of(text))
    quiet(lambda: sharing.parsed(text))
    quiet(lambda: manifests.dynamic_prefix(text))
    quiet(lambda: manifests.segments_wanted(text.encode("utf-8", "surrogatepass")))
    metadata.matches(metadata.query(text), {"X-Object-Meta-A": other})
    quiet(lambda: metadata.given({f"X-Object-Meta-{text}": other}, "X-Object-Meta-"))
    listings.page_size(text, 100)
    listing = Listing(prefix=text, delimiter=other[:2], marker=other)
    listings.bounds(listings.normalised(listing, other, is_swift=False))
    listing.rolled(other)


@FEW
@given(TEXT | st.text(".r:*-,lxe ", max_size=30), TEXT)
def test_a_list_means_the_same_once_it_was_cleaned(text: str, referrer: str) -> None:
    for is_write in (False, True):
        kept = quiet(lambda: acls.cleaned(text, is_write=is_write))  # noqa: B023 - run at once
        if isinstance(kept, str):
            assert acls.cleaned(kept, is_write=is_write) == kept
            stranger = acls.right_of("", kept, Visit(referrer=referrer))
            assert stranger is sharing.Right.NONE
    acls.right_of(text, text, Visit(users=["x"], projects=["y"], referrer=referrer))


@FEW
@given(TEXT, TEXT, TEXT)
def test_signatures_and_tickets(one: str, two: str, three: str) -> None:
    ticket = Ticket(one, two, ip_range=three)
    ticket.ends_at()
    ticket.admits(one)
    assert not temp_urls.is_signature_of(one, [two], [three or "k"], ["sha256", "sha512", "sha1"])
    aws_signatures.in_header(one, two, three)
    aws_signatures.in_query({"X-Amz-Algorithm": one, "X-Amz-Expires": two, "X-Amz-Date": three})
    quiet(lambda: ticket_of({"max_file_size": one, "max_file_count": two, "expires": three}))
    quiet(lambda: bucket_policies.opening_of(one.encode("utf-8", "surrogatepass"), two))


class Drops:
    """A body that arrives in pieces of any size."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def fill(self, view: memoryview) -> int:
        piece, self._data = self._data[: len(view)], self._data[len(view) :]
        view[: len(piece)] = piece
        return len(piece)


FILES = st.lists(
    st.binary(max_size=200) | st.text("\r\n-xX", max_size=40).map(str.encode), max_size=4
)


@FEW
@given(FILES, st.integers(1, 90))
def test_files_of_a_form_come_out_as_they_went_in(files: list[bytes], step: int) -> None:
    mark = b"xxMARKxx"
    files = [data for data in files if b"\r\n--" + mark not in data]
    body = b"".join(
        b'--%b\r\nContent-Disposition: form-data; name="f"; filename="n"\r\n\r\n%b\r\n'
        % (mark, data)
        for data in files
    )
    form = Form(Drops(body + b"--" + mark + b"--\r\n"), mark)
    found = []
    for part in form.parts():
        whole, buffer = b"", bytearray(step)
        while filled := part.fill(memoryview(buffer)):
            whole += bytes(buffer[:filled])
        found.append(whole)
    assert found == files


@FEW
@given(st.binary(max_size=300), TEXT)
def test_broken_forms_end(body: bytes, kind: str) -> None:
    boundary_of(kind)
    boundary_of(f"multipart/form-data; boundary={kind}")
    for mark in (b"x", b"--"):
        form = Form(Drops(b"--" + mark + b"\r\n" + body), mark)
        quiet(lambda: [part.text() for part in form.parts()])  # noqa: B023 - run at once


class Sent:
    """A request with a document."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read_all(self, _limit: int) -> bytes:
        """Answer the body."""
        return self._body


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
FILE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@FEW
@given(st.binary(max_size=80) | st.text("<>/?!&;ax '\"=[]", max_size=60).map(str.encode))
def test_documents_are_read_or_refused(body: bytes) -> None:
    quiet(lambda: root(cast("Call", Sent(body))))


@pytest.mark.parametrize("body", [BOMB, FILE, b"<a" * 100_000, b"<a>" * 20_000])
def test_documents_that_would_hurt_are_refused(body: bytes) -> None:
    with pytest.raises(Fault) as error:
        root(cast("Call", Sent(body)))
    assert error.value.status == 400


@pytest.mark.parametrize("days", [0, 1, 36_500])
def test_rules_about_the_past_stay_in_the_past(days: int) -> None:
    rule = Rule(name="r", days=days)
    assert rule.ends_before(10**15) <= 10**15
    assert msgspec.convert(msgspec.to_builtins(rule), Rule) == rule
