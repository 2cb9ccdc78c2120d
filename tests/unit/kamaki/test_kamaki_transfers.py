"""Moving files block by block, against a storage in memory that keeps a record."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from kamaki.downloads import Download
from kamaki.errors import KamakiError
from kamaki.places import Place
from kamaki.transfers import Grain, Options, Upload
from synnefo.clients.pithos_shapes import HashMap, MissingBlocks, Stored
from synnefo.kit.faults import ItemNotFound, PreconditionFailed, ServiceUnavailable

BLOCK = 1024
GRAIN = Grain(BLOCK)
HERE = Place("me", "c", "f")


class Store:
    """A storage in memory: what it keeps, what it was sent, what it gave, when it fails."""

    def __init__(self) -> None:
        self.blocks = {GRAIN.name(b""): b""}
        self.maps: dict[str, HashMap] = {}
        self.sent: list[str] = []
        self.given: list[int] = []
        self.fails_after = 10**9
        self.is_busy = False

    def put_hashmap(
        self, container: str, name: str, hashmap: HashMap, *, content_type: str,
        headers: Mapping[str, str],
    ) -> Stored:  # fmt: skip
        if headers.get("If-None-Match") == "*" and name in self.maps:
            raise PreconditionFailed("It is there.")
        missing = [one for one in dict.fromkeys(hashmap.hashes) if one not in self.blocks]
        if missing:
            raise MissingBlocks(missing)
        self.maps[name] = HashMap(hashmap.size, hashmap.hashes, BLOCK)
        return Stored("etag", "1")

    def put_block(self, container: str, block: bytes) -> str:
        if self.is_busy:
            raise ServiceUnavailable("Later.")
        if len(self.sent) >= self.fails_after:
            raise ConnectionError("The line is cut.")
        name = GRAIN.name(block)
        self.blocks[name] = block
        self.sent.append(name)
        return name

    def get_hashmap(self, container: str, name: str, *, version: str) -> HashMap:
        return self.maps[name]

    @contextmanager
    def get_object(
        self, container: str, name: str, *, offset: int, length: int, version: str
    ) -> "Iterator[Given]":
        if len(self.given) >= self.fails_after:
            raise ItemNotFound("It is gone.")
        self.given.append(offset // BLOCK)
        block = self.blocks[self.maps[name].hashes[offset // BLOCK]]
        yield Given(block[:length].ljust(length, b"\0"))


class Given:
    """Bytes in two pieces."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def chunks(self) -> Iterator[bytes]:
        yield self.data[:100]
        yield self.data[100:]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Ten blocks and a half, each different."""
    path = tmp_path / "file"
    path.write_bytes(b"".join(bytes([i + 1]) * BLOCK for i in range(10)) + b"tail")
    return path


def upload(store: Store, file: Path, *, force: bool = True, threads: int = 3) -> Stored:
    options = Options(threads=threads, bar=False, force=force)
    return Upload(file, HERE, store, store, GRAIN, options).run()


def download(store: Store, file: Path, *, force: bool = False) -> int:
    return Download(HERE, "1", file, store, Options(bar=False, force=force)).run()


class TestUpload:
    """Only blocks that the storage lacks travel."""

    def test_a_first_upload_sends_every_block_once(self, store: Store, file: Path) -> None:
        upload(store, file)
        assert len(store.sent) == len(set(store.sent)) == 11
        assert store.maps["f"].size == file.stat().st_size

    def test_a_second_upload_sends_no_block(self, store: Store, file: Path) -> None:
        upload(store, file)
        store.sent.clear()
        upload(store, file)
        assert store.sent == []

    def test_one_changed_block_sends_one_block(self, store: Store, file: Path) -> None:
        upload(store, file)
        store.sent.clear()
        data = bytearray(file.read_bytes())
        data[3 * BLOCK + 7] ^= 255
        file.write_bytes(data)
        upload(store, file)
        assert store.sent == [GRAIN.name(bytes(data[3 * BLOCK : 4 * BLOCK]))]

    def test_an_upload_that_was_cut_off_goes_on_where_it_was(
        self, store: Store, file: Path
    ) -> None:
        store.fails_after = 4
        with pytest.raises(ConnectionError):
            upload(store, file, threads=1)
        assert len(store.sent) == 4
        assert "f" not in store.maps
        store.fails_after = 10**9
        upload(store, file)
        assert len(store.sent) == len(set(store.sent)) == 11

    def test_equal_blocks_travel_once(self, store: Store, tmp_path: Path) -> None:
        file = tmp_path / "same"
        file.write_bytes(b"x" * BLOCK * 5)
        upload(store, file)
        assert len(store.sent) == 1

    def test_zeros_do_not_travel(self, store: Store, tmp_path: Path) -> None:
        file = tmp_path / "zeros"
        file.write_bytes(bytes(BLOCK * 3 + 5))
        upload(store, file)
        assert store.sent == []

    def test_an_empty_file_has_no_blocks(self, store: Store, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        upload(store, tmp_path / "empty")
        assert store.maps["f"] == HashMap(0, [], BLOCK)

    def test_what_is_there_is_replaced_only_by_force(self, store: Store, file: Path) -> None:
        upload(store, file, force=False)
        with pytest.raises(KamakiError, match="already exists"):
            upload(store, file, force=False)

    def test_an_upload_without_progress_is_given_up(self, store: Store, file: Path) -> None:
        store.is_busy = True
        with pytest.raises(KamakiError, match="11 blocks failed to upload"):
            upload(store, file)

    def test_blocks_are_named_as_the_container_says(self) -> None:
        told = Grain(BLOCK, "sha1").name(b"abc\0\0")
        assert told == hashlib.sha1(b"abc").hexdigest()


class TestDownload:
    """Only blocks that the local file lacks travel."""

    def test_a_download_is_the_same_file(self, store: Store, file: Path, tmp_path: Path) -> None:
        upload(store, file)
        assert download(store, tmp_path / "copy") == 11
        assert (tmp_path / "copy").read_bytes() == file.read_bytes()

    def test_half_a_file_fetches_the_other_half(
        self, store: Store, file: Path, tmp_path: Path
    ) -> None:
        upload(store, file)
        copy = tmp_path / "copy"
        copy.write_bytes(file.read_bytes()[: 5 * BLOCK + 3])
        assert download(store, copy, force=True) == 6
        assert sorted(store.given) == [5, 6, 7, 8, 9, 10]
        assert copy.read_bytes() == file.read_bytes()

    def test_one_differing_block_is_fetched_alone(
        self, store: Store, file: Path, tmp_path: Path
    ) -> None:
        upload(store, file)
        copy = tmp_path / "copy"
        data = bytearray(file.read_bytes())
        data[2 * BLOCK] ^= 1
        copy.write_bytes(data + b"more than there was")
        assert download(store, copy, force=True) == 1
        assert store.given == [2]
        assert copy.read_bytes() == file.read_bytes()

    def test_equal_blocks_are_fetched_once_and_written_everywhere(
        self, store: Store, tmp_path: Path
    ) -> None:
        file, copy = tmp_path / "same", tmp_path / "copy"
        file.write_bytes(b"x" * BLOCK + b"y" * BLOCK + b"x" * BLOCK)
        upload(store, file)
        assert download(store, copy) == 2
        assert copy.read_bytes() == file.read_bytes()

    def test_zeros_are_not_fetched(self, store: Store, tmp_path: Path) -> None:
        file, copy = tmp_path / "zeros", tmp_path / "copy"
        file.write_bytes(bytes(BLOCK * 3) + b"end" + bytes(50))
        upload(store, file)
        copy.write_bytes(b"junk")
        assert download(store, copy, force=True) == 2
        assert copy.read_bytes() == file.read_bytes()

    def test_a_file_is_not_overwritten_unasked(
        self, store: Store, file: Path, tmp_path: Path
    ) -> None:
        upload(store, file)
        (tmp_path / "copy").write_text("mine")
        with pytest.raises(KamakiError, match="already exists"):
            download(store, tmp_path / "copy")
        assert (tmp_path / "copy").read_text() == "mine"

    def test_a_download_that_was_cut_off_goes_on_where_it_was(
        self, store: Store, file: Path, tmp_path: Path
    ) -> None:
        upload(store, file)
        store.fails_after = 4
        with pytest.raises(KamakiError, match="changed while it was downloaded"):
            download(store, tmp_path / "copy")
        store.fails_after = 10**9
        assert download(store, tmp_path / "copy", force=True) == 7
        assert (tmp_path / "copy").read_bytes() == file.read_bytes()

    def test_a_broken_block_is_not_kept(self, store: Store, file: Path, tmp_path: Path) -> None:
        upload(store, file)
        name = store.maps["f"].hashes[4]
        store.blocks[name] = b"rotten"
        with pytest.raises(KamakiError, match="broken"):
            download(store, tmp_path / "copy")
