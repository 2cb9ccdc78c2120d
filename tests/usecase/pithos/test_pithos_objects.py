"""Objects written, read, copied and deleted, and what that costs."""

import hashlib

import pytest

from synnefo.blocks.hashing import ZERO_NAME
from synnefo.kit import conf
from synnefo.kit.faults import (
    BadRequest,
    Conflict,
    Forbidden,
    ItemNotFound,
    OverLimit,
    PreconditionFailed,
    Unprocessable,
)
from synnefo.pithos.domain.conditions import Conditions
from synnefo.pithos.domain.listings import Listing
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.ranges import Span
from synnefo.pithos.engines import blocks
from synnefo.pithos.models import Tally, Version
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import (
    claims,
    containers,
    content,
    copies,
    domains,
    garbage,
    history,
    listings,
    objects,
    settlements,
    updates,
)
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.copies import Route
from synnefo.pithos.usecases.found import digests_of, look, readable
from synnefo.pithos.usecases.listings import Filter
from synnefo.pithos.usecases.objects import MissingBlocks, Wish
from synnefo.wire.hashmaps import HashMap, merkle_root
from tests.support.pithos import MemoryQuota, a_body, a_caller

pytestmark = pytest.mark.django_db(databases=["pithos"])
ADA, BOB = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
MIB = 1024 * 1024


def make(container: str = "c", **policy: str) -> None:
    containers.put(a_caller(ADA), ADA, container, Order(policy, {}))


def put(name: str, data: bytes = b"hello", **wish: object) -> str:
    state = objects.put(a_caller(ADA), Place(ADA, "c", name), a_body(data), Wish(**wish))  # type: ignore[arg-type]
    return str(state.serial)


def data_of(name: str, container: str = "c") -> bytes:
    state = readable(a_caller(ADA), Place(ADA, container, name)).object
    return b"".join(content.stream(digests_of(state), Span(0, state.size)))


def names(**listing: object) -> list[str]:
    box = containers.container_of(ADA, "c")
    return [line.name for line in listings.page(a_caller(ADA), box, Listing(**listing), Filter())]  # type: ignore[arg-type]


def test_what_is_put_is_read_back_with_its_md5_and_root() -> None:
    make()
    body = bytes(range(256)) * 40_000
    put("a/b", body, content_type="text/plain")
    state = look(Place(ADA, "c", "a/b")).object
    assert data_of("a/b") == body
    assert state.checksum == hashlib.md5(body).hexdigest()
    first, second, third = (body[at : at + 4 * MIB] for at in (0, 4 * MIB, 8 * MIB))
    hashes = [hashlib.sha256(one.rstrip(b"\0")).hexdigest() for one in (first, second, third)]
    assert state.hash == merkle_root(hashes)


def test_an_upload_that_breaks_off_leaves_nothing_to_see_and_its_blocks_are_collected() -> None:
    make()
    body = hashlib.sha256(b"x").digest() * (26 * MIB // 32)
    half = a_body(body[: 13 * MIB], announced=len(body))
    with pytest.raises(BadRequest, match="ended after"):
        objects.put(a_caller(ADA), Place(ADA, "c", "half"), half, Wish())
    assert names() == []
    blocks.writers().submit(int).result()
    assert len(list(blocks.store().names())) >= 1
    assert garbage.collect_blocks(grace=0.0, dry_run=False).removed >= 1


def test_a_wrong_checksum_is_refused_and_nothing_is_there() -> None:
    make()
    with pytest.raises(Unprocessable):
        put("a", etag="0" * 32)
    with pytest.raises(ItemNotFound):
        data_of("a")


def test_used_blocks_are_never_collected() -> None:
    make()
    body = hashlib.sha256(b"y").digest() * (9 * MIB // 32)
    put("big", body)
    put("small", b"small")
    assert garbage.collect_blocks(grace=0.0, dry_run=False).removed == 0
    assert data_of("big") == body
    assert data_of("small") == b"small"


def test_zeros_are_not_stored_by_stream_or_by_hash_map() -> None:
    make()
    put("zeros", bytes(9 * MIB))
    size = 10 * 1024 * MIB
    hashmap = HashMap(size=size, hashes=[ZERO_NAME] * (size // (4 * MIB)))
    objects.put_hashmap(a_caller(ADA), Place(ADA, "c", "sparse"), hashmap, Wish())
    assert list(blocks.store().names()) == []
    state = look(Place(ADA, "c", "sparse")).object
    assert state.size == size
    pieces = content.stream(digests_of(state), Span(size - 10, size))
    assert b"".join(pieces) == bytes(10)


def test_a_hash_map_tells_its_missing_blocks_and_then_makes_the_object() -> None:
    make()
    first, second = b"a" * (4 * MIB), b"b" * 100
    known = claims.receive_blocks(a_caller(ADA), a_body(first))
    other = hashlib.sha256(second).hexdigest()
    hashmap = HashMap(size=4 * MIB + 100, hashes=[known[0], other])
    place = Place(ADA, "c", "made")
    with pytest.raises(MissingBlocks) as missing:
        objects.put_hashmap(a_caller(ADA), place, hashmap, Wish())
    assert missing.value.hashes == [other]
    assert claims.receive_blocks(a_caller(ADA), a_body(second)) == [other]
    objects.put_hashmap(a_caller(ADA), place, hashmap, Wish())
    assert data_of("made") == first + second


@pytest.mark.parametrize("size", [-1, 1, 4 * MIB + 1, 2**70])
def test_a_hash_map_whose_size_does_not_fit_is_refused(size: int) -> None:
    hashes = [hashlib.sha256(b"q").hexdigest()] * 3
    with pytest.raises(BadRequest):
        objects.content_of(HashMap(size=size, hashes=hashes))


def test_conditions_are_checked_when_writing() -> None:
    make()
    star = frozenset({"*"})
    put("a", conditions=Conditions(none_match=star))
    with pytest.raises(PreconditionFailed):
        put("a", conditions=Conditions(none_match=star))
    root = look(Place(ADA, "c", "a")).object.hash
    put("a", b"new", conditions=Conditions(match=frozenset({root})))
    with pytest.raises(PreconditionFailed):
        put("a", b"newer", conditions=Conditions(match=frozenset({root})))


def test_overwriting_keeps_uuid_and_history_and_charges_the_difference(
    ledger: MemoryQuota,
) -> None:
    make()
    first = put("a", b"x" * 1000)
    uuid = look(Place(ADA, "c", "a")).object.uuid
    put("a", b"y" * 300)
    found = look(Place(ADA, "c", "a"))
    assert found.object.uuid == uuid
    assert str(history.versions(found)[0].serial) == first
    settlements.settle_all()
    assert ledger.used_by(ADA) == 300
    assert ledger.pending == {}


def test_without_versioning_the_former_version_goes(ledger: MemoryQuota) -> None:
    make(versioning="none")
    put("a", b"x" * 1000)
    put("a", b"y" * 10)
    objects.delete(a_caller(ADA), Place(ADA, "c", "a"))
    assert not Version.objects.exists()
    settlements.settle_all()
    assert ledger.used_by(ADA) == 0
    containers.delete(a_caller(ADA), ADA, "c")


def test_what_is_over_quota_is_refused_to_the_byte(ledger: MemoryQuota) -> None:
    ledger.limit = 1000
    make()
    put("a", b"x" * 600)
    with pytest.raises(OverLimit):
        put("b", b"x" * 401)
    assert names() == ["a"]
    put("b", b"x" * 400)
    objects.delete(a_caller(ADA), Place(ADA, "c", "a"))
    put("c", b"x" * 600)
    settlements.settle_all()
    assert ledger.used_by(ADA) == 1000
    assert ledger.pending == {}


def test_a_containers_own_quota_holds(ledger: MemoryQuota) -> None:
    make(quota="100")
    put("a", b"x" * 100)
    with pytest.raises(Exception, match="may hold 100 bytes"):
        put("b", b"x")
    settlements.settle_all()
    assert ledger.used_by(ADA) == 100


def test_deleting_hides_an_object_and_a_new_one_has_a_new_uuid() -> None:
    make()
    serial = put("a", b"old")
    old = look(Place(ADA, "c", "a")).object.uuid
    objects.delete(a_caller(ADA), Place(ADA, "c", "a"))
    with pytest.raises(ItemNotFound):
        objects.delete(a_caller(ADA), Place(ADA, "c", "a"))
    containers.totals(containers.container_of(ADA, "c"))
    put("a", b"new")
    assert look(Place(ADA, "c", "a")).object.uuid != old
    copies.transfer(
        a_caller(ADA),
        Route(source=Place(ADA, "c", "a"), target=Place(ADA, "c", "back"), version=serial),
        Wish(),
    )
    assert data_of("back") == b"old"


def test_folders_are_copied_and_moved_whole_and_neighbours_stay(ledger: MemoryQuota) -> None:
    make()
    put("f", b"", content_type="application/directory")
    for number in range(12):
        put(f"f/{number:02}", b"n")
    put("f0", b"neighbour")
    ada = a_caller(ADA)
    source, target = Place(ADA, "c", "f"), Place(ADA, "c", "g")
    copies.transfer(ada, Route(source=source, target=target, is_folder=True), Wish())
    assert names(prefix="g/") == [f"g/{number:02}" for number in range(12)]
    uuid = look(Place(ADA, "c", "f/03")).object.uuid
    into = Place(ADA, "c", "h")
    copies.transfer(ada, Route(source=source, target=into, is_folder=True, is_move=True), Wish())
    assert names(prefix="f") == ["f0"]
    assert look(Place(ADA, "c", "h/03")).object.uuid == uuid
    settlements.settle_all()
    assert ledger.used_by(ADA) == 24 + len(b"neighbour")


def test_a_move_needs_no_free_quota(ledger: MemoryQuota) -> None:
    ledger.limit = 1000
    make()
    put("a", b"x" * 1000)
    settlements.settle_all()
    route = Route(source=Place(ADA, "c", "a"), target=Place(ADA, "c", "b"), is_move=True)
    copies.transfer(a_caller(ADA), route, Wish())
    settlements.settle_all()
    assert ledger.used_by(ADA) == 1000


def test_listing_rolls_up_pages_and_skips_below_a_marker() -> None:
    make()
    for name in ("a", "b/1", "b/2", "c/1/x", "d", "é/ü", "z" * 1024):
        put(name, b"")
    assert names() == ["a", "b/1", "b/2", "c/1/x", "d", "z" * 1024, "é/ü"]
    assert names(delimiter="/") == ["a", "b/", "c/", "d", "z" * 1024, "é/"]
    assert names(delimiter="/", marker="b/") == ["c/", "d", "z" * 1024, "é/"]
    assert names(delimiter="/", limit=2) == ["a", "b/"]
    assert names(prefix="c/", delimiter="/") == ["c/1/"]
    assert names(prefix="b/", delimiter="/", virtual=False) == ["b/1", "b/2"]
    assert names(reverse=True, limit=3) == ["é/ü", "z" * 1024, "d"]
    assert names(reverse=True, delimiter="/", marker="d") == ["c/", "b/", "a"]
    assert names(end_marker="c") == ["a", "b/1", "b/2"]


def test_totals_equal_a_recount_after_many_changes() -> None:
    make()
    for number in range(20):
        put(f"n{number % 7}", b"x" * number)
        if number % 3 == 0:
            objects.delete(a_caller(ADA), Place(ADA, "c", f"n{number % 7}"))
    seen = containers.totals(containers.container_of(ADA, "c"))
    current = Version.objects.filter(shown_by__isnull=False)
    assert (seen.count, seen.size) == (current.count(), sum(v.size for v in current))
    assert Tally.objects.count() == 8


def test_a_full_container_stays_and_an_empty_one_goes() -> None:
    make()
    put("a")
    with pytest.raises(Conflict):
        containers.delete(a_caller(ADA), ADA, "c")
    objects.delete_all(a_caller(ADA), ADA, "c")
    containers.delete(a_caller(ADA), ADA, "c")
    with pytest.raises(ItemNotFound):
        containers.container_of(ADA, "c")


def test_sharing_opens_what_it_names_and_nothing_else() -> None:
    make()
    put("f", b"", content_type="application/directory", sharing=f"read={BOB}")
    put("f/a")
    put("fa")
    put("f/in", b"", content_type="application/directory", sharing="write=*")
    bob = a_caller(BOB)
    assert readable(bob, Place(ADA, "c", "f/a")).shared_by == f"{ADA}/c/f"
    with pytest.raises(Forbidden):
        readable(bob, Place(ADA, "c", "fa"))
    with pytest.raises(Forbidden):
        objects.put(bob, Place(ADA, "c", "f/b"), a_body(b"x"), Wish())
    objects.put(bob, Place(ADA, "c", "f/in/b"), a_body(b"x"), Wish())
    with pytest.raises(Forbidden):
        objects.delete(bob, Place(ADA, "c", "f/in/b"))
    box = containers.container_of(ADA, "c")
    seen = [line.name for line in listings.page(bob, box, Listing(), Filter())]
    assert seen == ["f", "f/a", "f/in", "f/in/b"]


def test_images_are_known_by_uuid_to_whom_they_are_shared() -> None:
    make()
    put("debian", b"image")
    ada, bob = a_caller(ADA), a_caller(BOB)
    uuid = look(Place(ADA, "c", "debian")).object.uuid
    domains.update(ada, "plankton", uuid, {"plankton:name": "Debian"}, replace=True)
    assert [k.found.place.name for k in domains.listed(ada, "plankton")] == ["debian"]
    assert domains.listed(bob, "plankton") == []
    with pytest.raises(Forbidden):
        domains.by_uuid(bob, "plankton", uuid)
    domains.share(ada, "plankton", uuid, (["*"], []))
    assert domains.by_uuid(bob, "plankton", uuid).metadata == {"plankton:name": "Debian"}
    assert len(domains.listed(bob, "plankton")) == 1
    with pytest.raises(Forbidden):
        domains.update(bob, "plankton", uuid, {"plankton:name": "Mine"}, replace=False)
    put("debian", b"image 2")
    assert domains.by_uuid(ada, "plankton", uuid).metadata == {"plankton:name": "Debian"}
    objects.delete(ada, Place(ADA, "c", "debian"))
    assert domains.listed(ada, "plankton") == []


def test_writing_into_objects_gives_what_a_fresh_upload_would() -> None:
    make()
    body = bytearray(hashlib.sha256(b"z").digest() * (9 * MIB // 32))
    put("a", bytes(body))
    ada, place = a_caller(ADA), Place(ADA, "c", "a")

    def update(data: bytes, header: str, **order: object) -> None:
        updates.update(ada, place, a_body(data), updates.Order(content_range=header, **order))  # type: ignore[arg-type]

    def check() -> None:
        assert data_of("a") == bytes(body)
        fresh = content.receive(a_body(bytes(body)))
        state = look(place).object
        assert (state.hash, state.size) == (fresh.root, len(body))

    body[4 * MIB - 3 : 4 * MIB + 3] = b"seams!"
    update(b"seams!", f"bytes {4 * MIB - 3}-{4 * MIB + 2}/*")
    check()
    body += b"tail"
    update(b"tail", "bytes */*")
    check()
    del body[5 * MIB :]
    update(b"", "bytes 0-0/*", source=place, final_size=5 * MIB)
    check()


def test_reconciliation_finds_promises_that_a_crash_left(ledger: MemoryQuota) -> None:
    make()
    put("a", b"x" * 10)
    lost = ledger.issue_commission([])
    assert garbage.reject_lost() == [lost]
    settlements.settle_all()
    assert (ledger.pending, ledger.used_by(ADA)) == ({}, 10)


def test_small_uploads_ask_the_quota_service_seldom(ledger: MemoryQuota) -> None:
    make()
    for number in range(50):
        put(f"n{number}", b"x" * 4096)
    assert ledger.calls == 1


def test_expired_objects_are_gone_at_once_and_swept_later() -> None:
    make()
    put("old", b"x", expires=1)
    assert look(Place(ADA, "c", "old")).state is None
    assert names() == []
    garbage.expire()
    assert containers.totals(containers.container_of(ADA, "c")).count == 0


def test_reassigning_a_container_moves_its_charge(ledger: MemoryQuota) -> None:
    make()
    put("a", b"x" * 500)
    other = "33333333-3333-4333-8333-333333333333"
    containers.update(a_caller(ADA), ADA, "c", Order({"project": other}, {}))
    settlements.settle_all()
    assert (ledger.used_by(ADA), ledger.used_by(ADA, other)) == (0, 500)


def test_a_block_size_of_the_settings_is_used() -> None:
    assert conf.of(PithosSettings).pithos_backend_block_size == blocks.store().block_size
