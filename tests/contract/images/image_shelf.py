"""What every shelf of images keeps."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synnefo.cyclades.domain.images import ShelfItem
from synnefo.cyclades.engines.images import ImageShelf
from synnefo.kit.faults import BadRequest, Conflict, Fault, Forbidden, ItemNotFound, OverLimit
from synnefo.kit.ids import new_uuid
from tests.support.images import MIB, a_raw

Shelves = Callable[[str], ImageShelf]
LIMIT = 12 * MIB
NAMED = {"plankton:name": "debian", "plankton:property:os": "x"}


class ImageShelfContract:
    """`shelves` opens the shelf of `ada`, of `bob`, or of the service acting for `ada`."""

    def an_image(self, shelf: ImageShelf, content: bytes = b"") -> ShelfItem:
        item = shelf.describe(shelf.place("images", "debian").id, NAMED)
        return shelf.write(item, [content], len(content)) if content else item

    def test_a_place_is_taken_once(self, shelves: Shelves) -> None:
        ada = shelves("ada")
        item = ada.place("images", "ä b%.raw")
        assert (item.size, item.container, item.path) == (0, "images", "ä b%.raw")
        with pytest.raises(Conflict):
            ada.place("images", "ä b%.raw")
        assert ada.at(item.owner, "images", "ä b%.raw").id == item.id
        assert ada.items() == []

    def test_content_replaces_and_the_rest_stays(self, shelves: Shelves) -> None:
        ada, content = shelves("ada"), a_raw(5 * MIB)
        item = self.an_image(ada, content)
        assert (item.size, item.metadata) == (len(content), NAMED)
        assert item.etag == hashlib.md5(content, usedforsecurity=False).hexdigest()
        assert b"".join(ada.read(item)) == content
        assert b"".join(ada.read(item, offset=4, length=600)) == content[4:604]
        assert b"".join(ada.read(item, length=0)) == b""
        blocks = ada.blocks(item)
        assert (blocks.size, len(blocks.hashes)) == (len(content), 2)
        first = hashlib.sha256(content[: 4 * MIB].rstrip(b"\0")).hexdigest()
        assert blocks.hashes[0] == first
        assert [one.id for one in ada.items()] == [item.id]

    def test_a_size_need_not_be_told(self, shelves: Shelves) -> None:
        ada = shelves("ada")
        item = self.an_image(ada)
        assert ada.write(item, iter([b"one", b"two"]), None).size == 6

    def test_what_fails_on_the_way_stores_nothing(self, shelves: Shelves) -> None:
        ada = shelves("ada")
        item = self.an_image(ada)

        def broken() -> Iterator[bytes]:
            yield bytes(MIB)
            raise BadRequest("It was cut off.")

        for size in (None, 2 * MIB):
            with pytest.raises(Fault):
                ada.write(item, broken(), size)
        assert ada.item(item.id).size == 0

    def test_of_two_writers_the_second_is_told(self, shelves: Shelves) -> None:
        ada = shelves("ada")
        item = self.an_image(ada)
        ada.write(item, [b"first"], 5)
        with pytest.raises(Conflict):
            ada.write(item, [b"second"], 6)
        assert b"".join(ada.read(ada.item(item.id))) == b"first"

    def test_a_file_with_holes_is_stored(self, shelves: Shelves, tmp_path: Path) -> None:
        ada, file = shelves("ada"), tmp_path / "plain"
        with file.open("wb") as out:
            out.write(b"boot")
            out.seek(9 * MIB)
            out.write(b"end")
        item = self.an_image(ada, b"packed")
        md5, sha512 = ada.write_file(item, file)
        content = file.read_bytes()
        assert md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()
        assert sha512 == hashlib.sha512(content).hexdigest()
        stored = ada.item(item.id)
        assert (stored.size, stored.metadata) == (len(content), NAMED)
        assert b"".join(ada.read(stored)) == content
        with pytest.raises(Conflict):
            ada.write_file(item, file)

    def test_metadata_is_merged_emptied_and_replaced(self, shelves: Shelves) -> None:
        ada = shelves("ada")
        item = self.an_image(ada)
        changed = ada.describe(item.id, {"plankton:name": "n", "plankton:property:os": ""})
        assert changed.metadata == {"plankton:name": "n"}
        gone = ada.describe(item.id, {}, replace=True)
        assert gone.metadata == {}
        assert ada.items() == []

    def test_strangers_see_what_is_shared_and_change_nothing(self, shelves: Shelves) -> None:
        ada, bob = shelves("ada"), shelves("bob")
        item = self.an_image(ada, b"content")
        with pytest.raises(ItemNotFound):
            bob.item(item.id)
        assert bob.items() == []
        ada.share(item.id, [item.owner, "*"])
        assert [one.id for one in bob.items()] == [item.id]
        assert "*" in bob.item(item.id).read
        assert b"".join(bob.read(item)) == b"content"
        assert bob.blocks(item).size == 7
        for act in (
            lambda: bob.describe(item.id, {"plankton:name": "mine"}),
            lambda: bob.share(item.id, ["*"]),
            lambda: bob.remove(item.id),
        ):
            with pytest.raises(Forbidden):
                act()
        ada.share(item.id, [item.owner])
        with pytest.raises(ItemNotFound):
            bob.item(item.id)

    def test_what_is_removed_is_gone(self, shelves: Shelves) -> None:
        ada = shelves("ada")
        item = self.an_image(ada)
        ada.remove(item.id)
        for missing in (item.id, new_uuid()):
            with pytest.raises(ItemNotFound):
                ada.item(missing)
        ada.place("images", "debian")

    def test_a_quota_refuses_and_nothing_is_stored(self, shelves: Shelves) -> None:
        ada = shelves("ada")
        item = self.an_image(ada)
        content = bytes(range(256)) * (LIMIT // 256 + 1)
        with pytest.raises(OverLimit):
            ada.write(item, [content], len(content))
        assert ada.item(item.id).size == 0

    def test_the_service_acts_for_somebody(self, shelves: Shelves) -> None:
        item = self.an_image(shelves("ada"), b"content")
        service = shelves("service for ada")
        assert service.item(item.id).id == item.id
        assert service.describe(item.id, {"plankton:name": "x"}).metadata["plankton:name"] == "x"
        assert b"".join(service.read(item)) == b"content"
