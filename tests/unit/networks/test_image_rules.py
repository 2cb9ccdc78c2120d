"""Images as metadata, and what a file really is."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synnefo.cyclades.domain import image_formats, images
from synnefo.cyclades.domain.images import (
    Changes,
    ImageStatus,
    MemberStatus,
    ShelfItem,
    Visibility,
)
from synnefo.kit.faults import BadRequest, UnsupportedMedia

GIB = 1024**3


def an_item(read: tuple[str, ...] = (), **metadata: str) -> ShelfItem:
    return ShelfItem(
        id="i",
        owner="ada",
        container="images",
        path="p",
        size=10,
        etag="e" * 32,
        merkle="m",
        version=3,
        changed=100.0,
        read=read,
        metadata={f"plankton:{key}": value for key, value in metadata.items()},
    )


def a_qcow2(size: int = GIB, *, backing: int = 0, features: int = 0, crypt: int = 0) -> bytes:
    head = struct.pack(
        ">4sIQIIQIIQQIIQ", b"QFI\xfb", 3, backing, 0, 16, size, crypt, 2, 196608, 65536, 1, 0, 0
    )
    return head + struct.pack(">Q", features) + bytes(400)


class TestMetadata:
    def test_an_image_is_an_object_with_a_name(self) -> None:
        assert images.is_image(an_item(name="debian"))
        assert not images.is_image(an_item())

    def test_a_registered_file_is_active_and_has_defaults(self) -> None:
        image = images.read(an_item(name="debian", status="AVAILABLE"))
        assert (image.status, image.size, image.disk_format) == ("active", 10, "diskdump")
        assert (image.visibility, image.checksum, image.created) == ("shared", "e" * 32, 100.0)
        assert image.location == "pithos://ada/images/p"
        assert not image.is_public
        assert images.map_name(image) == "m-10"

    def test_a_tag_that_is_no_md5_is_no_checksum(self) -> None:
        item = ShelfItem(**{**_fields(an_item(name="x")), "etag": "e" * 64})
        assert images.read(item).checksum is None

    def test_sums_of_another_content_are_not_believed(self) -> None:
        told = {"name": "x", "sha512": "s", "checksum": "c"}
        right = images.read(an_item(**told, content="m"))
        assert (right.sha512, right.checksum) == ("s", "c")
        other = images.read(an_item(**told, content="other"))
        assert (other.sha512, other.checksum) == (None, "e" * 32)

    def test_a_queued_image_has_no_size(self) -> None:
        image = images.read(an_item(name="debian", status="queued"))
        assert (image.size, image.checksum, image.sha512) == (None, None, None)

    def test_who_may_read_tells_the_visibility(self) -> None:
        def seen(read: tuple[str, ...], **told: str) -> Visibility:
            return images.read(an_item(read, name="x", **told)).visibility

        assert seen(("ada", "*")) is Visibility.PUBLIC
        assert seen(("ada", "*"), visibility="community") is Visibility.COMMUNITY
        assert seen(("ada",), visibility="private") is Visibility.PRIVATE
        assert seen(("ada", "eve"), visibility="private") is Visibility.SHARED

    def test_members_have_a_status(self) -> None:
        item = an_item(("ada", "eve", "bob"), name="x", **{"member:eve": "accepted"})
        found = images.read(item).members
        assert found == {"eve": MemberStatus.ACCEPTED, "bob": MemberStatus.PENDING}

    def test_damaged_metadata_is_read_around(self) -> None:
        image = images.read(an_item(name="x", min_disk="big", created_at="then", tags="odd"))
        assert (image.min_disk, image.created, image.tags) == (0, 100.0, ())

    @pytest.mark.parametrize(
        "told",
        [
            {"tags": "[1]"},
            {"tags": "[broken"},
            {"tags": "[" * 250},
            {"member:eve": "nonsense"},
            {"created_at": "nan"},
            {"created_at": "1e300"},
            {"min_ram": "9" * 250},
        ],
    )
    def test_nothing_that_an_owner_writes_breaks_the_lists_of_others(
        self, told: dict[str, str]
    ) -> None:
        image = images.read(an_item(("ada", "eve", "*"), name="x", **told))
        assert (image.tags, image.created, image.min_ram) == ((), 100.0, 0)
        assert set(image.members.values()) == {MemberStatus.PENDING}

    def test_changes_come_back_when_read(self) -> None:
        changes = Changes(
            name="x",
            status=ImageStatus.ACTIVE,
            disk_format="raw",
            protected=True,
            hidden=False,
            min_disk=5,
            min_ram=0,
            tags=("a", "b"),
            reason="r",
            created=7.0,
            properties={"os.kind": "", "gone": None, "k": "v"},
        )
        told = images.metadata_of(changes)
        assert told["plankton:property:gone"] == ""
        item = an_item()
        kept = {key: value for key, value in told.items() if value}
        image = images.read(ShelfItem(**{**_fields(item), "metadata": kept}))
        assert (image.name, image.protected, image.min_disk) == ("x", True, 5)
        assert (image.tags, image.created, image.reason) == (("a", "b"), 7.0, "r")
        assert image.properties == {"os.kind": "", "k": "v"}

    def test_an_image_without_a_name_stays_an_image(self) -> None:
        told = images.metadata_of(Changes(name=""))
        assert images.read(an_item(name=told[images.NAME])).name == ""

    def test_no_tags_remove_the_key(self) -> None:
        assert images.metadata_of(Changes(tags=())) == {"plankton:tags": ""}

    @pytest.mark.parametrize(
        "changes",
        [
            Changes(disk_format="vmdk"),
            Changes(container_format="docker"),
            Changes(min_disk=-1),
            Changes(properties={"k" * 112: "v"}),
            Changes(properties={"k": "v" * 257}),
        ],
    )
    def test_what_cannot_be_kept_is_refused(self, changes: Changes) -> None:
        with pytest.raises(BadRequest):
            images.check(changes)

    def test_what_can_be_kept_is_taken(self) -> None:
        told = {"k" * 111: "v" * 256}
        images.check(Changes(name="n", disk_format="raw", min_disk=0))
        images.check(Changes(properties={"k": told["k" * 111]}))

    def test_readers_follow_the_visibility(self) -> None:
        image = images.read(an_item(("ada", "eve"), name="x"))
        assert images.readers(image) == ["ada", "eve"]
        assert images.readers(image, Visibility.PRIVATE) == ["ada"]
        assert images.readers(image, Visibility.PUBLIC) == ["ada", "eve", "*"]


def _fields(item: ShelfItem) -> dict[str, object]:
    return {name: getattr(item, name) for name in item.__struct_fields__}


class TestFormats:
    @pytest.mark.parametrize(
        ("head", "name"),
        [
            (a_qcow2(), "qcow2"),
            (b"KDMV" + bytes(600), "vmdk"),
            (bytes(64) + b"\x7f\x10\xda\xbe" + bytes(600), "vdi"),
            (b"\x1f\x8b\x08" + bytes(600), "gzip"),
            (b"\x89PNG\r\n\x1a\n" + bytes(600), "png"),
            (bytes(0x8001) + b"CD001" + bytes(600), "iso"),
            (bytes(510) + b"\x55\xaa" + bytes(0x8001 - 512) + b"CD001", "raw"),
            (bytes(600), "raw"),
            (b"", "raw"),
        ],
    )
    def test_a_file_is_known_by_its_head(self, head: bytes, name: str) -> None:
        assert image_formats.detect(head) == name

    @pytest.mark.parametrize(
        ("claimed", "head", "kind"),
        [
            ("raw", b"", BadRequest),
            ("raw", a_qcow2(), UnsupportedMedia),
            ("raw", b"\xfd7zXZ\x00" + bytes(9), UnsupportedMedia),
            ("diskdump", b"KDMV", UnsupportedMedia),
            ("raw", b"\x7fELF", UnsupportedMedia),
            ("qcow2", bytes(600), UnsupportedMedia),
            ("qcow2", bytes(0x8001) + b"CD001", UnsupportedMedia),
            ("qcow2", b"QFI\xfb", BadRequest),
            ("qcow2", b"QFI\xfb" + struct.pack(">I", 9) + bytes(100), BadRequest),
            ("qcow2", a_qcow2(backing=80), BadRequest),
            ("qcow2", a_qcow2(features=4), BadRequest),
            ("qcow2", a_qcow2(crypt=1), BadRequest),
            ("qcow2", a_qcow2(5 * GIB), BadRequest),
            ("qcow2", a_qcow2(0), BadRequest),
            ("iso", bytes(0x9000), UnsupportedMedia),
        ],
    )
    def test_a_file_that_is_not_what_it_claims_is_refused(
        self, claimed: str, head: bytes, kind: type[Exception]
    ) -> None:
        with pytest.raises(kind):
            image_formats.check_claim(claimed, head, largest=4 * GIB)

    @pytest.mark.parametrize(
        ("claimed", "head"),
        [
            ("raw", b"any bytes at all"),
            ("raw", bytes(0x8001) + b"CD001"),
            ("qcow2", a_qcow2()),
            ("iso", bytes(0x8001) + b"CD001"),
            ("aki", b"\x7fELF"),
        ],
    )
    def test_a_file_that_is_what_it_claims_is_taken(self, claimed: str, head: bytes) -> None:
        image_formats.check_claim(claimed, head, largest=4 * GIB)

    def test_a_qcow2_file_that_ends_before_its_tables_is_cut_off(self) -> None:
        with pytest.raises(BadRequest):
            image_formats.check_whole("qcow2", a_qcow2(), 1000)
        image_formats.check_whole("qcow2", a_qcow2(), GIB)
        image_formats.check_whole("raw", b"", 0)

    def test_an_old_qcow2_has_no_features(self) -> None:
        head = a_qcow2(features=4)
        old = head[:4] + struct.pack(">I", 2) + head[8:]
        assert image_formats.read_qcow2(old).virtual_size == GIB

    def test_the_size_of_the_disk_is_known(self) -> None:
        assert image_formats.virtual_size("qcow2", a_qcow2(), 7) == GIB
        assert image_formats.virtual_size("raw", b"", 7) == 7

    @given(st.binary(max_size=300))
    def test_no_bytes_can_break_the_reader(self, tail: bytes) -> None:
        try:
            image_formats.check_claim("qcow2", b"QFI\xfb" + tail, largest=GIB)
        except (BadRequest, UnsupportedMedia) as fault:
            assert fault.message
