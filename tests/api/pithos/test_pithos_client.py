"""Our own client against the real API: what other bricks lean on."""

import io
import os

import pytest

from synnefo.clients.pithos import HashMap, MissingBlocks, PithosClient
from synnefo.kit.faults import Conflict, Forbidden, ItemNotFound
from tests.api.pithos.conftest import BASE, Person

pytestmark = pytest.mark.django_db(databases=["pithos", "astakos"])
ENDPOINT = f"{BASE}/pithos/v1"


@pytest.fixture
def client(ada: Person) -> PithosClient:
    return PithosClient(ENDPOINT, ada.token, ada.account)


def test_streams_go_in_and_out(client: PithosClient) -> None:
    body = os.urandom(5_000_000)
    assert client.put_container("images")
    assert not client.put_container("images")
    stored = client.put_object("images", "ä b", io.BytesIO(body), metadata={"os": "débian"})
    head = client.head_object("images", "ä b")
    assert (head.size, head.etag, head.version) == (len(body), stored.etag, stored.version)
    assert head.metadata == {"os": "débian"}
    with client.get_object("images", "ä b", offset=10, length=20) as download:
        assert b"".join(download.chunks()) == body[10:30]
    with client.get_object("images", "ä b") as download:
        assert b"".join(download.chunks()) == body
    assert [one.name for one in client.list_objects("images")] == ["ä b"]
    with pytest.raises(Conflict):
        client.delete_container("images")
    client.delete_object("images", "ä b")
    client.delete_container("images")


def test_hash_maps_make_objects_of_known_blocks(client: PithosClient) -> None:
    block = os.urandom(1000)
    client.put_object("c", "one", block)
    hashmap = client.get_hashmap("c", "one")
    assert hashmap.size == 1000
    client.put_hashmap("c", "two", hashmap)
    with client.get_object("c", "two") as download:
        assert b"".join(download.chunks()) == block
    with pytest.raises(MissingBlocks) as missing:
        client.put_hashmap("c", "three", HashMap(size=5, hashes=["ab" * 32]))
    assert missing.value.hashes == ["ab" * 32]
    assert client.put_block("c", block) == hashmap.hashes[0]


def test_copies_moves_sharing_and_publishing(client: PithosClient, bob: Person) -> None:
    client.put_object("c", "a", b"x")
    client.copy_object("c", "a", to=("c", "b"))
    client.move_object("c", "b", to=("c", "d"))
    client.post_metadata("c", "d", {"k": "v"})
    assert client.head_object("c", "d").metadata == {"k": "v"}
    client.set_sharing("c", "d", read=[bob.account])
    theirs = PithosClient(ENDPOINT, bob.token, client.account)
    assert theirs.head_object("c", "d").size == 1
    client.set_sharing("c", "d")
    with pytest.raises(Forbidden):
        theirs.head_object("c", "d")
    assert "/public/" in client.set_public("c", "d", public=True)
    assert client.set_public("c", "d", public=False) == ""


def test_a_component_acts_for_a_user(
    ada: Person, bob: Person, service_token: str, client: PithosClient
) -> None:
    acting = PithosClient(ENDPOINT, service_token, ada.account, on_behalf=ada.account)
    acting.put_object("c", "image", b"data")
    uuid = acting.head_object("c", "image").uuid
    known = acting.update_domain("plankton", uuid, {"plankton:name": "Debian"})
    assert (known.account, known.name, known.size) == (ada.account, "image", 4)
    shared = acting.share_by_uuid("plankton", uuid, read=["*"])
    assert shared.read == ["*"]
    other = PithosClient(ENDPOINT, service_token, ada.account, on_behalf=bob.account)
    assert [one.uuid for one in other.domain_objects("plankton")] == [uuid]
    assert other.get_hashmap("c", "image").size == 4
    with pytest.raises(Forbidden):
        other.delete_by_uuid("plankton", uuid)
    everything = PithosClient(ENDPOINT, service_token, "")
    assert len(everything.domain_objects("plankton")) == 1
    acting.delete_by_uuid("plankton", uuid)
    with pytest.raises(ItemNotFound):
        other.domain_object("plankton", uuid)


def test_nobody_else_acts_for_a_user(ada: Person, bob: Person) -> None:
    thief = PithosClient(ENDPOINT, bob.token, ada.account, on_behalf=ada.account)
    with pytest.raises(Forbidden):
        thief.list_objects("c")
