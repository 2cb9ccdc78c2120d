"""rclone, unmodified, against a real server."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.pithos_server import PASSWORD, Server

pytestmark = pytest.mark.needs_clients
GIB = 2**30


class Rclone:
    """The `rclone` command with the remotes `v3` and `v1`."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.folder = folder
        self._config = folder / "rclone.conf"
        self._config.write_text(
            f"[v3]\ntype = swift\nuser = {server.email}\nkey = {PASSWORD}\n"
            f"auth = {server.url}/astakos/identity/v3\ndomain = Default\n"
            f"tenant_id = {server.account}\ntenant_domain = Default\nauth_version = 3\n"
            f"[v1]\ntype = swift\nuser = {server.email}\nkey = {server.token}\n"
            f"auth = {server.url}/pithos/auth/v1.0\nauth_version = 1\n"
        )

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            [shutil.which("rclone") or "rclone", "--config", str(self._config), *arguments],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def rclone(server: Server, tmp_path: Path) -> Rclone:
    return Rclone(server, tmp_path)


def _files(folder: Path) -> Path:
    tree = folder / "tree"
    for number in range(40):
        place = tree / f"d{number % 3}" / "é"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"f {number}").write_bytes(os.urandom(number * 100))
    return tree


@pytest.mark.parametrize("remote", ["v3", "v1"])
def test_copy_check_and_sync(rclone: Rclone, remote: str) -> None:
    tree = _files(rclone.folder)
    place = f"{remote}:tree-{remote}"
    rclone("copy", str(tree), place)
    rclone("check", str(tree), place)
    (tree / "d0" / "new").write_bytes(b"new")
    (tree / "d1" / "é" / "f 1").unlink()
    rclone("sync", str(tree), place)
    rclone("check", str(tree), place)
    rclone("moveto", f"{place}/d0/new", f"{place}/d2/newer")
    assert rclone("cat", f"{place}/d2/newer") == "new"
    rclone("purge", place)


def test_an_upload_in_segments(rclone: Rclone) -> None:
    (rclone.folder / "large").write_bytes(os.urandom(20_000_000))
    rclone("copy", "--swift-chunk-size", "5M", f"{rclone.folder}/large", "v3:large")
    rclone("check", "--download", str(rclone.folder), "v3:large", "--include", "large")
    assert rclone("ls", "v3:large").split() == ["20000000", "large"]
    rclone("purge", "v3:large")


@pytest.mark.e2e
def test_a_gibibyte_in_segments(rclone: Rclone) -> None:
    with (rclone.folder / "huge").open("wb") as out:
        for _ in range(GIB // 2**24):
            out.write(os.urandom(2**24))
    rclone("copy", "--swift-chunk-size", "128M", f"{rclone.folder}/huge", "v3:huge")
    rclone("check", "--download", str(rclone.folder), "v3:huge", "--include", "huge")
    rclone("purge", "v3:huge")
