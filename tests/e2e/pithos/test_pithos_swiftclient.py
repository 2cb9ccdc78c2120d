"""python-swiftclient, unmodified, against a real server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pithos_server import Server

pytestmark = pytest.mark.needs_clients
SWIFT = str(Path(sys.executable).with_name("swift"))


class Swift:
    """The `swift` command of one user, in one folder."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._environment = {**os.environ, **server.keystone}
        self._folder = folder
        self.log = ""

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            [SWIFT, *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=self._environment,
            cwd=self._folder,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.log = done.stderr
        return done.stdout


@pytest.fixture
def swift(server: Server, tmp_path: Path) -> Swift:
    return Swift(server, tmp_path)


def test_upload_list_stat_post_download_and_delete(swift: Swift, tmp_path: Path) -> None:
    (tmp_path / "ünï cödé.txt").write_bytes(b"text")
    swift("upload", "plain", "ünï cödé.txt")
    assert swift("list", "plain") == "ünï cödé.txt\n"
    swift("post", "plain", "ünï cödé.txt", "-m", "Color:blü")
    assert "Meta Color: blü" in swift("stat", "plain", "ünï cödé.txt")
    assert swift("download", "plain", "ünï cödé.txt", "-o", "-") == "text"
    assert "Objects: 1" in swift("stat", "plain")
    swift("delete", "plain")
    assert "plain" not in swift("list").splitlines()


@pytest.mark.parametrize("style", [(), ("--use-dlo",)], ids=["static", "dynamic"])
def test_large_objects_in_segments(swift: Swift, tmp_path: Path, style: tuple[str, ...]) -> None:
    body = os.urandom(7_000_000)
    (tmp_path / "large").write_bytes(body)
    swift("upload", *style, "-S", "2000000", "parts", "large")
    swift("download", "parts", "large", "-o", "back")
    assert (tmp_path / "back").read_bytes() == body
    assert "Content Length: 7000000" in swift("stat", "parts", "large")
    assert len(swift("list", "parts_segments").splitlines()) == 4
    swift("delete", "parts")
    swift("delete", "parts_segments")


def test_many_are_deleted_at_once(swift: Swift, tmp_path: Path) -> None:
    names = sorted(f"f{number}" for number in range(30))
    for name in (*names, "kept"):
        (tmp_path / name).write_bytes(b"x")
    swift("upload", "many", *names, "kept")
    assert swift("list", "many").splitlines() == [*names, "kept"]
    assert sorted(swift("--debug", "delete", "many", *names).splitlines()) == names
    assert "?bulk-delete" in swift.log
    assert "-X DELETE" not in swift.log
    assert swift("list", "many") == "kept\n"
    swift("delete", "many")


def test_copies_are_made_by_the_server(swift: Swift, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"copied")
    swift("upload", "from", "a")
    swift("post", "to")
    swift("copy", "from", "a", "-d", "/to/b")
    assert swift("download", "to", "b", "-o", "-") == "copied"
    swift("delete", "from")
    swift("delete", "to")
