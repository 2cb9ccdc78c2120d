"""Images: uploaded whole or not at all, unpacked, shared, booted from, deleted."""

import hashlib
import io
import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from synnefo.blocks.filed import FiledStore
from synnefo.blocks.maps import MapStore
from synnefo.cyclades.domain.images import (
    BlockList,
    Changes,
    Image,
    ImageStatus,
    MemberStatus,
    ShelfItem,
    Visibility,
)
from synnefo.cyclades.engines.memory_shelf import MemoryShelf
from synnefo.cyclades.image_settings import ImageSettings
from synnefo.cyclades.models import QueuedErrand
from synnefo.cyclades.usecases import (
    boot_lists,
    image_imports,
    image_registry,
    images,
    servers,
)
from synnefo.cyclades.usecases.image_registry import Place
from synnefo.kit import clock, conf
from synnefo.kit.faults import (
    BadRequest,
    BuildInProgress,
    Conflict,
    Fault,
    Forbidden,
    ItemNotFound,
    OverLimit,
    TooLarge,
    UnsupportedMedia,
)
from synnefo.kit.ids import new_uuid
from tests.support.compute import Stage, a_caller
from tests.support.images import MIB, CutOff, a_qcow2_file, a_qcow2_head, a_raw

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA, EVE = a_caller(), a_caller("eve")


def queued(name: str = "debian", disk_format: str = "raw", **fields: object) -> Image:
    told = Changes(name=name, disk_format=disk_format, container_format="bare", **fields)  # type: ignore[arg-type]
    return images.create(ADA, told)


def put(image: Image, content: bytes, **told: object) -> Image:
    size = told.pop("size", len(content))
    expected = images.expected(ADA, image.id, size=size, **told)  # type: ignore[arg-type]
    return images.upload(ADA, image.id, io.BytesIO(content), expected)


def content_of(image: Image) -> bytes:
    return b"".join(images.download(ADA, image))


def store_blocks(stage: Stage, image: Image) -> None:
    """Put an image's blocks where object storage would have put them."""
    store = FiledStore(stage.blocks)
    content = stage.shelf.contents[image.id]
    for at in range(0, len(content), 4 * MIB):
        store.put(content[at : at + 4 * MIB])


@pytest.fixture
def small() -> Iterator[None]:
    with conf.override(ImageSettings, cyclades_image_max_size=16 * MIB):
        yield


class TestUploading:
    def test_an_image_waits_for_its_content(self, stage: Stage) -> None:
        image = queued()
        assert (image.status, image.size, image.container) == ("queued", None, "images")
        assert image.path == "debian"

    def test_it_is_active_when_all_has_arrived(self, stage: Stage) -> None:
        content = a_raw()
        image = put(queued(), content)
        assert (image.status, image.size) == (ImageStatus.ACTIVE, len(content))
        assert image.checksum == hashlib.md5(content, usedforsecurity=False).hexdigest()
        assert image.sha512 == hashlib.sha512(content).hexdigest()
        assert content_of(image) == content

    def test_the_size_need_not_be_known(self, stage: Stage) -> None:
        assert put(queued(), a_raw(), size=None).size == 3 * MIB

    @pytest.mark.parametrize("how", [None, OSError, EOFError])
    def test_an_upload_that_is_cut_off_leaves_nothing(
        self, stage: Stage, how: type[Exception] | None
    ) -> None:
        image, content = queued(), a_raw()
        expected = images.expected(ADA, image.id, size=len(content))
        with pytest.raises(BadRequest):
            images.upload(ADA, image.id, CutOff(content[: len(content) // 2], how=how), expected)
        assert images.visible(ADA, image.id).status is ImageStatus.QUEUED
        assert stage.shelf.contents[image.id] == b""
        assert put(image, content).status is ImageStatus.ACTIVE

    def test_a_wrong_checksum_is_refused(self, stage: Stage) -> None:
        image = queued()
        with pytest.raises(BadRequest, match="is not the one"):
            put(image, a_raw(), md5="0" * 32)
        assert stage.shelf.contents[image.id] == b""

    def test_the_checksum_that_a_client_kept_is_believed(self, stage: Stage) -> None:
        content = a_raw()
        right = {"owner_specified.openstack.sha256": hashlib.sha256(content).hexdigest()}
        assert put(queued(properties=right), content).status is ImageStatus.ACTIVE
        wrong = queued("other", properties={"owner_specified.openstack.md5": "1" * 32})
        with pytest.raises(BadRequest):
            put(wrong, content)

    def test_an_image_gets_its_content_once(self, stage: Stage) -> None:
        image = put(queued(), a_raw())
        with pytest.raises(Conflict):
            put(image, a_raw())

    def test_two_uploads_at_once_have_one_winner(self, stage: Stage) -> None:
        image = queued()
        inner = io.BytesIO(a_raw(mark=b"slow"))

        class Interrupted:
            def read(self, size: int = -1, /) -> bytes:
                if images.visible(ADA, image.id).status is ImageStatus.QUEUED:
                    put(image, a_raw(mark=b"fast"))
                return inner.read(size)

        with pytest.raises(Conflict):
            images.upload(
                ADA, image.id, Interrupted(), images.expected(ADA, image.id, size=3 * MIB)
            )
        assert content_of(images.visible(ADA, image.id)).startswith(b"fast")

    def test_content_that_is_about_to_be_described_is_not_replaced(self, stage: Stage) -> None:
        image = queued()
        written = stage.shelf.put(stage.shelf.items[image.id], a_raw(mark=b"first"))
        with pytest.raises(Conflict, match="meanwhile"):
            put(image, a_raw(mark=b"second"))
        assert stage.shelf.contents[image.id].startswith(b"first")
        long_ago = written.changed - images.DESCRIBED_WITHIN - 1
        stage.shelf.items[image.id] = msgspec.structs.replace(written, changed=long_ago)
        assert put(image, a_raw(mark=b"second")).status is ImageStatus.ACTIVE

    @pytest.mark.parametrize(
        ("claimed", "content", "kind"),
        [
            ("raw", b"", BadRequest),
            ("raw", a_qcow2_head(), UnsupportedMedia),
            ("qcow2", a_raw(), UnsupportedMedia),
            ("qcow2", a_qcow2_head(), BadRequest),
            ("qcow2", a_qcow2_head(1024**4), BadRequest),
            ("qcow2", a_qcow2_head(backing=104), BadRequest),
            ("raw", b"\x1f\x8b\x08 compressed", UnsupportedMedia),
        ],
    )
    def test_a_file_that_is_no_image_is_refused(
        self, stage: Stage, claimed: str, content: bytes, kind: type[Fault]
    ) -> None:
        image = queued(disk_format=claimed)
        with pytest.raises(kind):
            put(image, content)
        assert stage.shelf.contents[image.id] == b""
        assert images.visible(ADA, image.id).status is ImageStatus.QUEUED

    def test_a_file_that_is_too_large_is_refused(self, stage: Stage, small: None) -> None:
        with pytest.raises(TooLarge):
            put(queued(), a_raw(17 * MIB), size=None)

    def test_a_file_larger_than_the_quota_is_refused(self, stage: Stage) -> None:
        stage.shelf.quota = MIB
        image = queued()
        with pytest.raises(OverLimit):
            put(image, a_raw())
        assert images.visible(ADA, image.id).status is ImageStatus.QUEUED

    @pytest.mark.parametrize("name", ["ä/ö ☃", "../../etc", "", ".", "x" * 3000, "a\nb"])
    def test_any_name_finds_a_place(self, stage: Stage, name: str) -> None:
        one, two = queued(name[:250]), queued(name[:250])
        assert one.path != two.path
        assert "/" not in one.path
        assert len(one.path.encode()) <= 1024

    def test_nonsense_is_refused(self, stage: Stage) -> None:
        for told in (Changes(disk_format="vmdk"), Changes(properties={"k": "v" * 300})):
            with pytest.raises(BadRequest):
                images.create(ADA, told)


@pytest.mark.needs_qemu
class TestUnpacking:
    @pytest.fixture(autouse=True)
    def work(self, tmp_path: Path) -> Iterator[None]:
        with conf.override(ImageSettings, cyclades_image_work_dir=str(tmp_path / "work")):
            yield

    def run(self, stage: Stage) -> None:
        QueuedErrand.objects.update(ready_at=clock.now())
        stage.run_errands()

    def test_a_packed_image_is_unpacked_by_an_errand(self, stage: Stage, tmp_path: Path) -> None:
        image = put(queued(disk_format="qcow2"), a_qcow2_file(tmp_path))
        assert (image.status, image.virtual_size) == (ImageStatus.IMPORTING, 8 * MIB)
        with pytest.raises(BuildInProgress):
            images.for_boot(ADA, image.id)
        self.run(stage)
        done = images.visible(ADA, image.id)
        assert (done.status, done.disk_format, done.size) == ("active", "raw", 8 * MIB)
        assert content_of(done) == a_raw(8 * MIB)
        assert done.sha512 == hashlib.sha512(a_raw(8 * MIB)).hexdigest()
        assert not QueuedErrand.objects.exists()

    def test_unpacking_twice_changes_nothing(self, stage: Stage, tmp_path: Path) -> None:
        image = put(queued(disk_format="qcow2"), a_qcow2_file(tmp_path))
        self.run(stage)
        version = images.visible(ADA, image.id).version
        image_imports.convert(image.id, "ada")
        assert images.visible(ADA, image.id).version == version

    def test_a_damaged_image_is_killed_with_a_reason(self, stage: Stage, tmp_path: Path) -> None:
        packed = bytearray(a_qcow2_file(tmp_path))
        packed[0x30000:0x30008] = b"\xff" * 8
        image = put(queued(disk_format="qcow2"), bytes(packed))
        self.run(stage)
        done = images.visible(ADA, image.id)
        assert done.status is ImageStatus.KILLED
        assert done.reason.startswith("The image cannot be unpacked")
        with pytest.raises(BadRequest):
            images.for_boot(ADA, image.id)

    def test_an_image_swapped_for_one_that_leads_to_other_files_is_killed(
        self, stage: Stage, tmp_path: Path
    ) -> None:
        secret = tmp_path / "secret"
        secret.write_bytes(b"of the host" * MIB)
        shell = tmp_path / "shell.qcow2"
        options = f"data_file={secret},data_file_raw=on"
        subprocess.run(
            ["qemu-img", "create", "-q", "-f", "qcow2", "-o", options, str(shell), "4M"],
            check=True,
        )
        secret.write_bytes(b"of the host" * (MIB // 2))
        image = put(queued(disk_format="qcow2"), a_qcow2_file(tmp_path))
        stage.shelf.put(stage.shelf.items[image.id], shell.read_bytes())
        self.run(stage)
        done = images.visible(ADA, image.id)
        assert (done.status, "another file" in done.reason) == (ImageStatus.KILLED, True)

    def test_an_image_that_fails_for_hours_is_given_up(
        self, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        image = put(queued(disk_format="qcow2"), a_qcow2_file(tmp_path))
        monkeypatch.setattr(image_imports, "qcow2_to_raw", full)
        self.run(stage)
        assert images.visible(ADA, image.id).status is ImageStatus.IMPORTING
        QueuedErrand.objects.update(created_at=clock.now() - timedelta(hours=7))
        self.run(stage)
        done = images.visible(ADA, image.id)
        assert (done.status, "No space" in done.reason) == (ImageStatus.KILLED, True)
        assert not QueuedErrand.objects.exists()

    def test_an_image_deleted_meanwhile_is_forgotten(self, stage: Stage, tmp_path: Path) -> None:
        image = put(queued(disk_format="qcow2"), a_qcow2_file(tmp_path))
        images.delete(ADA, image.id)
        self.run(stage)
        assert not QueuedErrand.objects.exists()


class TestSharing:
    def test_a_private_image_is_not_found_by_strangers(self, stage: Stage) -> None:
        image = put(queued(visibility=Visibility.PRIVATE), a_raw())
        for act in (images.visible, images.for_boot):
            with pytest.raises(ItemNotFound):
                act(EVE, image.id)

    def test_names_are_not_ids(self, stage: Stage) -> None:
        for name in ("debian", "11111111-2222-4333-8444-00000000ffff"):
            with pytest.raises(ItemNotFound):
                images.visible(ADA, name)

    def test_a_public_image_is_everybodys_to_use_and_its_owners_to_change(
        self, stage: Stage
    ) -> None:
        image = put(queued(visibility=Visibility.PUBLIC), a_raw())
        assert images.visible(EVE, image.id).visibility is Visibility.PUBLIC
        for act in (
            lambda: images.change(EVE, image.id, Changes(name="mine")),
            lambda: images.delete(EVE, image.id),
            lambda: images.add_member(EVE, image.id, "eve"),
            lambda: images.set_status(EVE, image.id, ImageStatus.DEACTIVATED),
        ):
            with pytest.raises(Forbidden):
                act()

    def test_members_see_an_image_and_answer(self, stage: Stage) -> None:
        image = put(queued(visibility=Visibility.PRIVATE), a_raw())
        shared = images.add_member(ADA, image.id, "eve")
        assert (shared.visibility, shared.members) == ("shared", {"eve": "pending"})
        with pytest.raises(Conflict):
            images.add_member(ADA, image.id, "eve")
        answered = images.answer_sharing(EVE, image.id, MemberStatus.ACCEPTED)
        assert answered.members == {"eve": "accepted"}
        with pytest.raises(Forbidden):
            images.answer_sharing(ADA, image.id, MemberStatus.ACCEPTED)
        images.remove_member(ADA, image.id, "eve")
        with pytest.raises(ItemNotFound):
            images.visible(EVE, image.id)

    def test_an_image_changes_what_it_says(self, stage: Stage) -> None:
        image = put(queued(), a_raw())
        told = Changes(name="new", min_disk=3, tags=("a",), properties={"k": "v"})
        changed = images.change(ADA, image.id, told)
        assert (changed.name, changed.min_disk, changed.tags) == ("new", 3, ("a",))
        assert images.change(ADA, image.id, Changes(properties={"k": None})).properties == {}
        assert images.change(ADA, image.id, Changes(visibility=Visibility.PUBLIC)).is_public
        with pytest.raises(Forbidden):
            images.change(ADA, image.id, Changes(disk_format="iso"))

    def test_a_protected_image_stays(self, stage: Stage) -> None:
        image = put(queued(protected=True), a_raw())
        with pytest.raises(Forbidden):
            images.delete(ADA, image.id)
        images.change(ADA, image.id, Changes(protected=False))
        images.delete(ADA, image.id)
        with pytest.raises(ItemNotFound):
            images.visible(ADA, image.id)


class TestBooting:
    def test_its_blocks_are_published_and_nothing_is_copied(self, stage: Stage) -> None:
        content = a_raw(6 * MIB)
        image = put(queued(min_disk=2, properties={"os": "debian"}), content)
        store_blocks(stage, image)
        found = images.for_boot(ADA, image.id)
        assert (found.size_bytes, found.min_disk, found.properties) == (
            6 * MIB,
            2,
            {"os": "debian"},
        )
        published = MapStore(stage.blocks / "maps").get(found.map_name)
        assert published.size == 6 * MIB
        assert len(published.hashes) == 2
        assert images.for_boot(ADA, image.id) == found

    def test_nobody_publishes_other_blocks_under_the_name_of_a_content(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        image = put(queued(), a_raw(6 * MIB))
        store_blocks(stage, image)
        swapped = BlockList(6 * MIB, ["0" * 64, "1" * 64])
        monkeypatch.setattr(MemoryShelf, "blocks", lambda *_: swapped)
        with pytest.raises(Conflict):
            images.for_boot(ADA, image.id)
        assert not list((stage.blocks / "maps" / "names").iterdir())

    def test_lists_that_nobody_needs_are_withdrawn(self, stage: Stage) -> None:
        made = [put(queued(mark), a_raw(mark=mark.encode())) for mark in ("old", "new", "due")]
        for image in made:
            store_blocks(stage, image)
        old, new, due = (images.for_boot(ADA, image.id).map_name for image in made)
        names = stage.blocks / "maps" / "names"
        (names / "other").write_bytes(b"")
        for name in (old, due, "other"):
            os.utime(names / name, (1, 1))
        order = stage.order(image=made[2].id)
        servers.create(ADA, order)
        os.utime(names / due, (1, 1))
        assert boot_lists.withdraw_unused() == 1
        assert {path.name for path in names.iterdir()} == {new, due, "other"}
        assert images.for_boot(ADA, made[0].id).map_name == old
        assert boot_lists.withdraw_unused() == 0

    @pytest.mark.parametrize("status", ["queued", "deactivated"])
    def test_an_image_that_is_not_active_boots_nothing(self, stage: Stage, status: str) -> None:
        image = queued()
        if status == "deactivated":
            image = images.set_status(ADA, put(image, a_raw()).id, ImageStatus.DEACTIVATED)
        with pytest.raises(BadRequest):
            images.for_boot(ADA, image.id)

    def test_a_deactivated_image_is_downloaded_by_its_owner_only(self, stage: Stage) -> None:
        image = put(queued(visibility=Visibility.PUBLIC), a_raw())
        off = images.set_status(ADA, image.id, ImageStatus.DEACTIVATED)
        assert content_of(off)
        with pytest.raises(Forbidden):
            images.download(EVE, off)


class TestRegistering:
    def a_file(self, stage: Stage, content: bytes) -> Place:
        item = ShelfItem(
            id=new_uuid(),
            owner="ada",
            container="pithos",
            path="f.raw",
            size=0,
            etag="",
            merkle="",
            version=0,
            changed=0.0,
        )
        stage.shelf.put(item, content)
        return Place("ada", item.container, item.path)

    def test_a_file_becomes_an_image_where_it_lies(self, stage: Stage) -> None:
        place = self.a_file(stage, a_raw())
        image = image_registry.register(
            ADA, place, Changes(name="mine", properties={"os": "x"}), public=True
        )
        assert (image.location, image.visibility) == ("pithos://ada/pithos/f.raw", "public")
        assert images.visible(EVE, image.id).properties == {"os": "x"}
        image_registry.unregister(ADA, image.id)
        with pytest.raises(ItemNotFound):
            images.visible(ADA, image.id)
        assert stage.shelf.contents[image.id]

    def test_what_does_not_fit_is_refused(self, stage: Stage) -> None:
        place = self.a_file(stage, a_raw())
        told = Changes(name="mine")
        with pytest.raises(BadRequest):
            image_registry.register(ADA, place, told, size=7)
        with pytest.raises(BadRequest):
            image_registry.register(ADA, place, told, checksum="0")
        with pytest.raises(Forbidden):
            image_registry.register(EVE, place, told)
        with pytest.raises(ItemNotFound):
            image_registry.register(ADA, Place("ada", "pithos", "nothing"), told)

    def test_a_packed_file_is_no_plain_image(self, stage: Stage) -> None:
        place = self.a_file(stage, a_qcow2_head())
        with pytest.raises(UnsupportedMedia):
            image_registry.register(ADA, place, Changes(name="mine"))
