"""Decisions of object storage, by example."""

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synnefo.kit.faults import BadRequest, PreconditionFailed, RangeNotSatisfiable
from synnefo.pithos.domain import (
    charges,
    conditions,
    links,
    listings,
    manifests,
    metadata,
    places,
    policies,
    ranges,
    sharing,
    tags,
)
from synnefo.pithos.domain.charges import Keeping
from synnefo.pithos.domain.conditions import Conditions
from synnefo.pithos.domain.listings import LAST, Bounds, Listing
from synnefo.pithos.domain.manifests import Segment, Slice
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.policies import Policy, Versioning
from synnefo.pithos.domain.ranges import Span, Target
from synnefo.pithos.domain.sharing import Right, Sharing
from synnefo.wire.hashmaps import NOTHING, merkle_root

UUID = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
EPOCH_1994 = 784111777


def digest(data: bytes) -> str:
    return hashlib.sha256(data.rstrip(b"\0")).hexdigest()


@pytest.mark.parametrize(
    ("data", "root"),
    [
        (b"", NOTHING),
        (b"a", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        (b"\0\0\0\0", NOTHING),
        (b"aaaabbbb", "82d7abd16b28795bac8d2f1524828f0407afa12ee969caaa51a80c1757ea233d"),
        (b"aaaabbbbcc", "427daa4b15b22980bcf3beac1c04c73708bcca393e30f21968acc94a6b5519c5"),
        (b"aa\0\0bbbb", "a324243fef1da614e234bdf0fb03ad80e9d41bbd75704329d00bc93bfd4459d4"),
    ],
)
def test_roots_are_those_of_the_specification(data: bytes, root: str) -> None:
    assert merkle_root([digest(data[at : at + 4]) for at in range(0, len(data), 4)]) == root


def test_accounts_are_read_in_both_dialects() -> None:
    assert places.account_of(UUID) == (UUID, False)
    assert places.account_of(f"AUTH_{UUID}") == (UUID, True)
    assert places.account_of(f"AUTH_{UUID.replace('-', '')}") == (UUID, True)
    for wrong in ("", "AUTH_", "x" * 257):
        with pytest.raises(BadRequest):
            places.account_of(wrong)


@pytest.mark.parametrize("name", ["", "x" * 1025, "nul\0", "\ud800"])
def test_names_that_cannot_be_kept_are_refused(name: str) -> None:
    with pytest.raises(BadRequest):
        places.check_name(name)


@pytest.mark.parametrize("name", ["", "a/b", "x" * 257])
def test_containers_that_cannot_be_addressed_are_refused(name: str) -> None:
    with pytest.raises(BadRequest):
        places.check_container(name)


def test_places_in_headers_are_decoded() -> None:
    assert places.place_in_header("/c/a%20b/%C3%BC", UUID) == Place(UUID, "c", "a b/ü")
    assert places.place_in_header("c/o", UUID).path == f"{UUID}/c/o"
    for wrong in ("", "/c", "/c/", "nowhere"):
        with pytest.raises(BadRequest):
            places.place_in_header(wrong, UUID)


def test_ancestors_are_told_nearest_first() -> None:
    assert places.ancestors("a/b/c") == ["a/b/c", "a/b/", "a/b", "a/", "a"]
    assert places.ancestors("a/b/") == ["a/b/", "a/b", "a/", "a"]
    assert places.ancestors("/a") == ["/a"]
    assert places.is_folder("application/directory; charset=x")
    assert not places.is_folder("text/plain")


@pytest.mark.parametrize(
    ("header", "spans"),
    [
        (None, None),
        ("bytes=0-3", [(0, 4)]),
        ("bytes = 2-", [(2, 10)]),
        ("bytes=-3", [(7, 10)]),
        ("bytes=-99", [(0, 10)]),
        ("bytes=5-99,20-30", [(5, 10)]),
        ("bytes=3-1", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=", None),
        ("items=0-1", None),
    ],
)
def test_ranges_are_cut_to_what_is_there(
    header: str | None, spans: list[tuple[int, int]] | None
) -> None:
    found = ranges.wanted(header, 10)
    assert found == (None if spans is None else [Span(*one) for one in spans])


def test_a_range_of_nothing_is_refused() -> None:
    for header, size in (("bytes=10-", 10), ("bytes=0-0", 0), ("bytes=-0", 5)):
        with pytest.raises(RangeNotSatisfiable) as refused:
            ranges.wanted(header, size)
        assert refused.value.headers["Content-Range"] == f"bytes */{size}"
    assert Span(2, 5).content_range(9) == "bytes 2-4/9"


def test_targets_of_updates_are_read() -> None:
    assert ranges.target("bytes */*") == Target(None, None, None)
    assert ranges.target("bytes 2-5/*") == Target(2, 4, None)
    assert ranges.target("bytes 2-/9") == Target(2, None, 9)
    for wrong in ("bytes 5-2/*", "bytes 9-9/9", "bytes 0-9/9", "lines 1-2/*"):
        with pytest.raises(RangeNotSatisfiable):
            ranges.target(wrong)
    with pytest.raises(BadRequest):
        ranges.target(None)


@pytest.mark.parametrize(
    "date",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
)
def test_dates_are_read_in_all_three_forms(date: str) -> None:
    assert conditions.seconds_of(date) == EPOCH_1994


def test_conditions_decide_over_reading() -> None:
    entity = frozenset({"md5", "root"})
    assert conditions.read({}) is conditions.NONE
    assert conditions.seconds_of("nonsense") is None
    read = conditions.read
    assert read({"If-None-Match": '"md5"'}).is_unmodified(entity, 0)
    assert read({"If-None-Match": "*"}).is_unmodified(entity, 0)
    assert not read({"If-None-Match": "x"}).is_unmodified(entity, 0)
    assert read({"If-Match": "x, W/root"}).is_unmodified(entity, 0) is False
    with pytest.raises(PreconditionFailed):
        read({"If-Match": "x"}).is_unmodified(entity, 0)
    since = read({"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"})
    assert since.is_unmodified(entity, EPOCH_1994)
    assert not since.is_unmodified(entity, EPOCH_1994 + 1)
    with pytest.raises(PreconditionFailed):
        Conditions(unmodified_since=EPOCH_1994).is_unmodified(entity, EPOCH_1994 + 1)


def test_conditions_decide_over_writing() -> None:
    nothing, star = None, frozenset({"*"})
    Conditions(none_match=star).check_write(nothing)
    with pytest.raises(PreconditionFailed):
        Conditions(none_match=star).check_write(frozenset({"x"}))
    with pytest.raises(PreconditionFailed):
        Conditions(match=star).check_write(nothing)


def test_if_range_honours_tags_and_exact_dates() -> None:
    entity = frozenset({"md5"})
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    assert conditions.honours_range(None, entity, 0)
    assert conditions.honours_range('"md5"', entity, 0)
    assert not conditions.honours_range("other", entity, 0)
    assert conditions.honours_range(date, entity, EPOCH_1994)
    assert not conditions.honours_range(date, entity, EPOCH_1994 + 1)


def test_metadata_names_are_normal_and_values_limited() -> None:
    assert metadata.normal("x-object-meta-foo_BAR") == "X-Object-Meta-Foo-Bar"
    headers = {"X-Object-Meta-A": "1~", "x-object-meta-b_c": "%C3%BC", "Other": "x"}
    found = metadata.given(headers, "X-Object-Meta-")
    assert found == {"X-Object-Meta-A": "1", "X-Object-Meta-B-C": "ü"}
    assert (
        metadata.of_object({**headers, "Content-Encoding": "gzip"})["Content-Encoding"] == "gzip"
    )
    removed = metadata.removed({"X-Remove-Container-Meta-A": "x"}, "Container")
    assert removed == {"X-Container-Meta-A": ""}
    with pytest.raises(BadRequest):
        metadata.given({f"X-Object-Meta-{n}": "x" for n in range(91)}, "X-Object-Meta-")
    for bad in ({"k" * 129: "v"}, {"k": "v" * 257}, {"a": "1", "b": "2"}):
        with pytest.raises(BadRequest):
            metadata.checked(bad, 1)
    assert metadata.merged({"a": "1", "b": "2"}, {"a": "", "c": "3"}) == {"b": "2", "c": "3"}
    assert metadata.encoded("plain, text") == "plain, text"
    assert metadata.encoded("ü%") == "%C3%BC%25"
    assert metadata.encoded_name("X-Ü") == "X-%C3%9C"
    assert metadata.encoded_name("X-A") == "X-A"


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("a", True),
        ("z", False),
        ("z,a", True),
        ("!z", True),
        ("!a", False),
        ("a=1", True),
        ("a!=1", False),
        ("a<=1,a>=1", True),
        ("a<0", False),
        ("a>0", True),
        ("z=1", False),
        ("=,", True),
    ],
)
def test_metadata_queries_combine_as_they_always_did(query: str, is_found: bool) -> None:
    terms = metadata.query(query)
    assert metadata.matches(terms, {"X-Object-Meta-A": "1"}) is is_found


def test_listings_are_normalised_by_dialect() -> None:
    native = listings.normalised(Listing(prefix="/f", delimiter="/"), None, is_swift=False)
    assert native.prefix == "f/"
    swift = listings.normalised(Listing(prefix="/f", delimiter="/"), None, is_swift=True)
    assert swift.prefix == "/f"
    path = listings.normalised(Listing(), "f", is_swift=True)
    assert (path.prefix, path.delimiter, path.virtual) == ("f/", "/", False)
    root = listings.normalised(Listing(), "/", is_swift=False)
    assert (root.prefix, root.virtual) == ("", False)
    assert listings.page_size("5", 10) == 5
    assert [listings.page_size(text, 10) for text in (None, "0", "x", "99")] == [10] * 4


def test_bounds_begin_after_the_marker() -> None:
    assert listings.bounds(Listing()) == Bounds("", True, "")
    assert listings.bounds(Listing(prefix="b", marker="a")) == Bounds("b", True, "c")
    assert listings.bounds(Listing(marker="m", end_marker="x")) == Bounds("m", False, "x")
    assert listings.bounds(Listing(delimiter="/", marker="a/")) == Bounds("a0", True, "")
    assert listings.bounds(Listing(prefix="a/", delimiter="/", marker="a/")).low == "a/"
    assert Listing(delimiter="/").rolled("a/b") == "a/"
    assert Listing(delimiter="/").rolled("a/") is None
    assert Listing().rolled("a/b") is None


@given(st.text(max_size=5), st.text(max_size=5))
def test_what_comes_past_a_prefix_is_after_all_that_begins_with_it(prefix: str, rest: str) -> None:
    end = listings.past(prefix)
    assert end == "" or (prefix + rest < end and not end.startswith(prefix or LAST))


def test_past_the_last_letter_there_is_nothing() -> None:
    assert listings.past(LAST) == ""
    assert listings.past(f"a{LAST}") == "b"
    assert listings.past("\ud7ff") == "\ue000"


def test_sharing_is_read_and_written() -> None:
    found = sharing.parsed("write = c ;READ=b, a,c")
    assert (found.read, found.write) == (("a", "b"), ("c",))
    assert found.header() == "read=a,b; write=c"
    assert sharing.parsed("read=*,a").read == ("*",)
    assert not sharing.parsed("~")
    for wrong in ("nonsense", "read=", "own=a", f"read={'x' * 257}"):
        with pytest.raises(BadRequest):
            sharing.parsed(wrong)


def test_rights_follow_the_record() -> None:
    bob = sharing.holders_of("bob", [("ada", "friends")])
    assert Sharing(read=("ada:friends",)).right_of(bob) is Right.READ
    assert Sharing(write=("*",)).right_of(bob) is Right.WRITE
    assert Sharing(read=("carol",)).right_of(bob) is Right.NONE


def test_policies_change_and_revert() -> None:
    standard = Policy(0, Versioning.AUTO, UUID)
    old = Policy(5, Versioning.NONE, OTHER)
    assert policies.changed(old, {"quota": "7"}, standard) == Policy(7, Versioning.NONE, OTHER)
    assert policies.changed(old, {"project": ""}, standard).project == UUID
    assert policies.changed(old, {"versioning": "Auto"}, standard).versioning is Versioning.AUTO
    assert policies.changed(old, {"quota": "", "versioning": ""}, standard).quota == 0
    assert policies.changed(old, {"project": UUID}, standard).project == UUID
    kept = policies.replaced(old, {"quota": "9"}, standard)
    assert kept == Policy(9, Versioning.AUTO, OTHER)
    for wrong in ({"quota": "-1"}, {"versioning": "x"}, {"project": "x"}, {"other": "1"}):
        with pytest.raises(BadRequest):
            policies.changed(old, wrong, standard)


@pytest.mark.parametrize(
    ("versioning", "is_free", "write", "delete", "purge", "meta"),
    [
        (Versioning.AUTO, True, -2, -5, 0, 0),
        (Versioning.AUTO, False, 3, 0, -4, 3),
        (Versioning.NONE, True, -2, -5, 0, 0),
        (Versioning.NONE, False, -2, -5, 0, 0),
    ],
)
def test_charges_are_those_of_the_table(
    versioning: Versioning, is_free: bool, write: int, delete: int, purge: int, meta: int
) -> None:
    keeping = Keeping(versioning, is_free)
    assert charges.of_write(keeping, 5, 3) == write
    assert charges.of_delete(keeping, 5) == delete
    assert charges.of_purge(keeping, 4) == purge
    assert charges.of_metadata(keeping, 3) == meta


def test_etags_are_md5_where_it_is_known() -> None:
    empty = "d41d8cd98f00b204e9800998ecf8427e"
    assert tags.of_version("md5", "root", is_md5_wanted=True) == "md5"
    assert tags.of_version("", "root", is_md5_wanted=True) == "root"
    assert tags.of_version("md5", "root", is_md5_wanted=False) == "root"
    folder = "application/directory"
    assert tags.of_put(empty, "root", folder, is_md5_wanted=True) == "root"
    assert tags.of_put(empty, "root", "text/plain", is_md5_wanted=True) == empty
    assert tags.all_of("md5", "root") == {"md5", "root"}


def test_links_are_numbers_in_an_alphabet() -> None:
    assert links.id_of(b"\x05", "01") == "101"
    assert links.id_of(b"\x00", "ab") == "a"


def test_manifests_are_read_and_cut() -> None:
    assert manifests.dynamic_prefix("c/a%20b/") == ("c", "a b/")
    with pytest.raises(BadRequest):
        manifests.dynamic_prefix("c")
    for wrong in (b"[]", b"{}", b"\xff", msgspec.json.encode([{"path": "x"}] * 1001)):
        with pytest.raises(BadRequest):
            manifests.segments_wanted(wrong)
    assert manifests.segments_wanted(b'[{"path": "/c/o"}]')[0].path == "/c/o"
    cut = list(manifests.cut([5, 0, 5], Span(3, 7)))
    assert cut == [Slice(0, Span(3, 5)), Slice(2, Span(0, 2))]
    part = Segment("c", "o", "e", Span(1, 3))
    assert manifests.etag_of_segment(part, 9) == "e:1-2;"
    assert manifests.etag_of_segment(Segment("c", "o", "e", Span(0, 9)), 9) == "e"
    assert manifests.etag_of(["a", "b"]) == hashlib.md5(b"ab").hexdigest()
