"""Bringing a publisher's image into a cloud, with everything that goes wrong on the way."""

import gzip
import hashlib
import lzma
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from synnefo.node.image_catalogue import CATALOGUE
from synnefo.node.image_convert import to_raw
from synnefo.node.image_download import (
    Checksum,
    FetchFailed,
    download,
    parse_checksum,
    published_checksum,
    verify,
)
from synnefo.node.image_fetch import command
from tests.unit.node.publisher import Site, a_site

BODY = os.urandom(3_000_000)


def a_disk(size: int = 4 << 20) -> bytes:
    """Make something with a boot sector and a little content."""
    disk = bytearray(size)
    disk[510:512] = b"\x55\xaa"
    disk[1 << 20 : (1 << 20) + 7] = b"content"
    return bytes(disk)


def ignore(done: int, total: int | None) -> None:
    """Be told of progress and do nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    with a_site() as running:
        yield running


def test_a_download_that_is_cut_off_goes_on_where_it_was(site: Site, tmp_path: Path) -> None:
    site.files["/a.img"] = BODY
    site.cuts = [1_000_000, 500_000]
    download(f"{site.url}/a.img", tmp_path / "a.img", ignore, pause=0)
    assert (tmp_path / "a.img").read_bytes() == BODY
    assert site.served == len(BODY)
    assert len(site.asked) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["a.img"]


def test_a_later_run_goes_on_too(site: Site, tmp_path: Path) -> None:
    site.files["/a.img"] = BODY
    site.cuts = [1_000_000]
    (tmp_path / "a.img.part").write_bytes(BODY[:700_000])
    (tmp_path / "a.img.part.version").write_text(site.tag)
    download(f"{site.url}/a.img", tmp_path / "a.img", ignore, pause=0)
    assert (tmp_path / "a.img").read_bytes() == BODY
    assert site.asked[0] == "/a.img bytes=700000-"


def test_a_file_that_changed_meanwhile_is_fetched_anew(site: Site, tmp_path: Path) -> None:
    site.files["/a.img"] = BODY
    (tmp_path / "a.img.part").write_bytes(b"old" * 1000)
    (tmp_path / "a.img.part.version").write_text('"v0"')
    download(f"{site.url}/a.img", tmp_path / "a.img", ignore, pause=0)
    assert (tmp_path / "a.img").read_bytes() == BODY


def test_a_part_that_is_whole_already_is_taken(site: Site, tmp_path: Path) -> None:
    site.files["/a.img"] = BODY
    (tmp_path / "a.img.part").write_bytes(BODY)
    (tmp_path / "a.img.part.version").write_text(site.tag)
    download(f"{site.url}/a.img", tmp_path / "a.img", ignore, pause=0)
    assert (tmp_path / "a.img").read_bytes() == BODY


def test_a_server_in_trouble_is_asked_again_and_a_missing_file_is_not(
    site: Site, tmp_path: Path
) -> None:
    site.files["/a.img"] = BODY
    site.errors = [503, 500]
    download(f"{site.url}/a.img", tmp_path / "a.img", ignore, pause=0)
    assert len(site.asked) == 3
    with pytest.raises(FetchFailed, match="404"):
        download(f"{site.url}/b.img", tmp_path / "b.img", ignore, pause=0)


def test_a_server_that_never_recovers_is_given_up(site: Site, tmp_path: Path) -> None:
    site.errors = [503] * 50
    with pytest.raises(FetchFailed, match="Try again"):
        download(f"{site.url}/a.img", tmp_path / "a.img", ignore, pause=0)
    assert len(site.asked) == 6


def test_only_web_addresses_are_fetched(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed):
        download("file:///etc/passwd", tmp_path / "a", ignore, pause=0)


def test_a_wrong_checksum_throws_the_file_away(tmp_path: Path) -> None:
    file = tmp_path / "a.img"
    file.write_bytes(b"abc")
    with pytest.raises(FetchFailed, match="thrown away"):
        verify(file, Checksum("sha256", "0" * 64))
    assert not file.exists()


def test_checksums_are_read_in_every_usual_form() -> None:
    hex256, hex512 = "a" * 64, "b" * 128
    assert parse_checksum(f"sha256:{hex256.upper()}") == Checksum("sha256", hex256)
    assert parse_checksum(hex512) == Checksum("sha512", hex512)
    for wrong in ("sha256:abc", "crc:12", hex256 + "a", "z" * 64):
        with pytest.raises(FetchFailed):
            parse_checksum(wrong)


def test_a_publishers_list_is_searched_by_whole_name() -> None:
    hex256, other = "a" * 64, "b" * 64
    listing = f"{other}  not-disk.img\n{hex256} *disk.img\n{'c' * 32}  disk.img\nnoise\n"
    assert published_checksum(listing, "disk.img") == Checksum("sha256", hex256)
    with pytest.raises(FetchFailed):
        published_checksum(listing, "k.img")


def test_the_catalogue_holds_what_the_command_promises() -> None:
    assert {"debian-12", "ubuntu-24.04"} <= set(CATALOGUE)
    for published in CATALOGUE.values():
        assert published.url.startswith("https://")
        assert published.properties["osfamily"] == "linux"


@pytest.mark.parametrize("packed", [None, gzip.compress, lzma.compress])
def test_raw_disks_are_taken_packed_or_not(packed: object, tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(packed(a_disk()) if callable(packed) else a_disk())
    to_raw(source, target)
    assert target.read_bytes() == a_disk()
    assert target.stat().st_blocks * 512 < 1 << 20
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}


def a_qcow2(folder: Path, *more: str) -> Path:
    raw, target = folder / "raw", folder / "disk.qcow2"
    raw.write_bytes(a_disk())
    options = ["-f", "raw", "-O", "qcow2", *more, str(raw), str(target)]
    subprocess.run(["qemu-img", "convert", *options], check=True)
    return target


def test_a_qcow2_image_becomes_a_sparse_raw_disk(tmp_path: Path) -> None:
    to_raw(a_qcow2(tmp_path, "-c"), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == a_disk()


def test_an_image_that_leads_to_files_of_this_host_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(a_disk())
    evil = tmp_path / "evil.qcow2"
    backing = ["-F", "raw", "-b", str(secret)]
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *backing, str(evil)], check=True)
    with pytest.raises(FetchFailed, match="backing file"):
        to_raw(evil, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "junk",
    [b"<html>404</html>" * 1000, b"", gzip.compress(b"x" * 9000), b"\xfd7zXZ\x00broken"],
    ids=["a page", "nothing", "packed text", "a broken archive"],
)
def test_what_is_no_image_is_refused(junk: bytes, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(junk)
    with pytest.raises(FetchFailed):
        to_raw(source, tmp_path / "out")


def fetch(site: Site, folder: Path, *arguments: str, password: str = "right") -> Result:
    """Run the command against the small cloud, with a data folder of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "openrc").write_text(
        f"export OS_AUTH_URL='{site.url}/identity/v3'\nexport OS_USERNAME='u'\n"
        f"export OS_PASSWORD='{password}'\nexport OS_PROJECT_ID='p'\n"
    )
    places = ["--data", str(folder), "--cache", str(folder / "cache")]
    return CliRunner().invoke(command, [*arguments, *places])


def test_an_image_travels_from_publisher_to_cloud(site: Site, tmp_path: Path) -> None:
    disk = a_qcow2(tmp_path).read_bytes()
    site.files["/disk.qcow2"] = disk
    site.cuts = [100_000]
    checksum = f"sha512:{hashlib.sha512(disk).hexdigest()}"
    result = fetch(site, tmp_path / "d", f"{site.url}/disk.qcow2", "--checksum", checksum)
    assert result.exit_code == 0, result.output
    assert "image-1" in result.output
    assert site.data["image-1"] == a_disk()
    image = site.images["image-1"]
    assert (image["name"], image["disk_format"], image["visibility"]) == ("disk", "raw", "private")
    assert image["min_disk"] == 1


def test_the_second_time_nothing_is_downloaded(site: Site, tmp_path: Path) -> None:
    site.files["/disk.img"] = a_disk()
    checksum = hashlib.sha256(a_disk()).hexdigest()
    for name in ("one", "two"):
        arguments = (f"{site.url}/disk.img", "--checksum", checksum, "--name", name)
        assert fetch(site, tmp_path / "d", *arguments).exit_code == 0
        assert site.images["image-1"]["name"] == name
    assert sum(one.startswith("/disk.img") for one in site.asked) == 1


def test_a_wrong_checksum_registers_nothing(site: Site, tmp_path: Path) -> None:
    site.files["/disk.img"] = a_disk()
    result = fetch(site, tmp_path / "d", f"{site.url}/disk.img", "--checksum", "0" * 64)
    assert result.exit_code == 1
    assert "checksum" in result.output
    assert site.images == {}


def test_a_refused_upload_leaves_no_half_image(site: Site, tmp_path: Path) -> None:
    site.files["/disk.img"] = a_disk()
    site.upload_status = 413
    result = fetch(site, tmp_path / "d", f"{site.url}/disk.img")
    assert result.exit_code == 1
    assert "Too big." in result.output
    assert site.images == {}


def test_a_wrong_password_is_said_plainly(site: Site, tmp_path: Path) -> None:
    site.files["/disk.img"] = a_disk()
    result = fetch(site, tmp_path / "d", f"{site.url}/disk.img", password="wrong")
    assert result.exit_code == 1
    assert "Wrong name or password." in result.output


def test_an_unknown_name_is_told_which_are_known() -> None:
    result = CliRunner().invoke(command, ["debian-99"])
    assert result.exit_code == 1
    assert "ubuntu-24.04" in result.output


def test_without_a_cloud_the_disk_can_still_be_had(site: Site, tmp_path: Path) -> None:
    site.files["/disk.img"] = a_disk()
    target = tmp_path / "out.raw"
    arguments = [f"{site.url}/disk.img", "-o", str(target), "--cache", str(tmp_path / "c")]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    assert target.read_bytes() == a_disk()
