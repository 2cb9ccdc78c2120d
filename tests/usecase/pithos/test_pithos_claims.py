"""Knowing a hash is not having its block: who may claim what. Spec: object-storage 8.3."""

import hashlib
import os

import pytest

from synnefo.kit import conf
from synnefo.pithos.domain.places import Place
from synnefo.pithos.models import BlockUse, HashList, SentBlock
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import block_uses, claims, containers, objects
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.objects import MissingBlocks, Wish
from synnefo.wire.hashmaps import HashMap
from tests.support.pithos import a_body, a_caller

pytestmark = pytest.mark.django_db(databases=["pithos"])
ADA, BOB = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
MIB = 2**20
SECRET = b"the secret of ada" + bytes(2 * MIB) + b"." * (3 * MIB)
SHORT = b"a letter of ada's " * 3000


@pytest.fixture(autouse=True)
def containers_of_both() -> None:
    for who in (ADA, BOB):
        containers.put(a_caller(who), who, "c", Order({}, {}))


def hashes(data: bytes) -> list[str]:
    pieces = [data[at : at + 4 * MIB] for at in range(0, len(data), 4 * MIB)]
    return [hashlib.sha256(piece.rstrip(b"\0")).hexdigest() for piece in pieces]


def put(who: str, name: str, data: bytes, **wish: object) -> None:
    objects.put(a_caller(who), Place(who, "c", name), a_body(data), Wish(**wish))  # type: ignore[arg-type]


def claim(who: str, data: bytes, name: str = "claimed", *, service: bool = False) -> list[str]:
    """Claim a content by its hashes; answer which of them must be sent."""
    hashmap = HashMap(size=len(data), hashes=hashes(data))
    try:
        objects.put_hashmap(a_caller(who, service=service), Place(who, "c", name), hashmap, Wish())
    except MissingBlocks as missing:
        return missing.hashes
    return []


@pytest.mark.parametrize("data", [SECRET, SHORT, b"tiny"])
def test_what_only_somebody_else_has_is_missing_as_if_nobody_had_it(data: bytes) -> None:
    unknown = claim(BOB, data)
    put(ADA, "mine", data)
    assert claim(BOB, data) == unknown == hashes(data)


@pytest.mark.parametrize("data", [SECRET, SHORT, b"tiny"])
def test_who_sends_the_blocks_gets_the_object_and_nothing_is_kept_twice(data: bytes) -> None:
    put(ADA, "mine", data)
    assert claim(BOB, data) == hashes(data)
    for at in range(0, len(data), 4 * MIB):
        claims.receive_blocks(a_caller(BOB), a_body(data[at : at + 4 * MIB]))
    assert claim(BOB, data) == []
    assert HashList.objects.count() <= 1


def test_what_one_sender_sent_does_not_prove_anything_of_another() -> None:
    claims.receive_blocks(a_caller(ADA), a_body(SECRET))
    assert claim(BOB, SECRET) == hashes(SECRET)
    assert claim(ADA, SECRET) == []


@pytest.mark.parametrize("data", [SECRET, SHORT])
def test_own_content_is_known_by_any_name_and_as_a_former_version(data: bytes) -> None:
    put(ADA, "mine", data)
    assert claim(ADA, data, "other name") == []
    put(ADA, "mine", b"something else")
    objects.delete(a_caller(ADA), Place(ADA, "c", "other name"))
    assert claim(ADA, data, "back again") == []


def test_a_file_of_which_a_block_changed_needs_only_that_block() -> None:
    data = os.urandom(9 * MIB)
    put(ADA, "mine", data)
    changed = data[: 4 * MIB] + b"changed" + data[4 * MIB + 7 :]
    assert claim(ADA, changed, "mine") == [hashes(changed)[1]]


@pytest.mark.parametrize("data", [SECRET, SHORT])
def test_what_is_shared_with_the_caller_may_be_claimed_until_it_is_not(data: bytes) -> None:
    put(ADA, "mine", data, sharing=f"read={BOB}")
    assert claim(BOB, data) == []
    objects.delete(a_caller(BOB), Place(BOB, "c", "claimed"))
    containers.put(a_caller(BOB), BOB, "d", Order({}, {}))
    put(ADA, "other", b"x", sharing=f"read={BOB}")
    stranger = "33333333-3333-4333-8333-333333333333"
    containers.put(a_caller(stranger), stranger, "c", Order({}, {}))
    assert claim(stranger, data) == hashes(data)


def test_sharing_one_object_proves_nothing_of_the_next() -> None:
    put(ADA, "open", b"open " * 20_000, sharing=f"read={BOB}")
    put(ADA, "closed", SECRET)
    assert claim(BOB, SECRET) == hashes(SECRET)


def test_zeros_belong_to_everybody() -> None:
    assert claim(BOB, bytes(9 * MIB)) == []


def test_a_service_and_an_installation_that_wants_it_so_need_no_proof() -> None:
    put(ADA, "mine", SECRET)
    assert claim(BOB, SECRET, "by service", service=True) == []
    with conf.override(PithosSettings, pithos_block_proof=False):
        assert claim(BOB, SECRET) == []


def test_what_was_sent_long_ago_proves_nothing_any_more() -> None:
    claims.receive_blocks(a_caller(BOB), a_body(SECRET))
    SentBlock.objects.update(sent=1)
    assert claims.forget_sent() == 2
    assert claim(BOB, SECRET) == hashes(SECRET)


def test_lists_older_than_the_index_are_indexed_by_and_by() -> None:
    put(ADA, "mine", SECRET)
    BlockUse.objects.all().delete()
    HashList.objects.update(is_indexed=False)
    assert claim(ADA, SECRET, "again") == hashes(SECRET)
    assert block_uses.index_some() == 1
    assert block_uses.index_some() == 0
    assert claim(ADA, SECRET, "again") == []


def test_lists_that_nobody_uses_are_dropped_with_their_index() -> None:
    put(ADA, "mine", SECRET, metadata={})
    assert block_uses.drop_unused_lists() == 0
    objects.delete(a_caller(ADA), Place(ADA, "c", "mine"))
    containers.put(a_caller(ADA), ADA, "once", Order({"versioning": "none"}, {}))
    put(ADA, "mine", SECRET)
    from synnefo.pithos.models import Version

    Version.objects.all().delete()
    assert block_uses.drop_unused_lists() == 1
    assert not BlockUse.objects.exists()
