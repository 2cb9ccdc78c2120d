"""The road with kamaki: sign in, move files, register an image, run a machine from it."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Cloud, program

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_qemu,
    pytest.mark.needs_root,
]
BLOCK = 4 * 1024 * 1024
FLAVOR = "C1R256D1ext_archipelago"
CONTAINER = "road"


class Kamaki:
    """The `kamaki` command, as the demonstration user."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        self.environment = cloud.environment()

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in the test's folder."""
        return subprocess.run(
            [program("kamaki"), *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
        )

    def __call__(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command that must succeed."""
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def json(self, *words: str) -> Any:
        """Run a command that must succeed; its answer as JSON."""
        return json.loads(self(*words, "--output-format", "json").stdout)

    def blocks_sent(self, *words: str) -> int:
        """Run an upload and count the blocks that it sent."""
        told = self(*words, "-v").stderr.splitlines()
        return sum(line.startswith("> POST") and "update=" in line for line in told)


@pytest.fixture(scope="module")
def kamaki(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Kamaki:
    return Kamaki(cloud, tmp_path_factory.mktemp("kamaki"))


@pytest.fixture(scope="module")
def container(kamaki: Kamaki) -> Iterator[str]:
    kamaki("container", "create", CONTAINER)
    yield CONTAINER
    kamaki("container", "delete", CONTAINER, "-r", "--yes")


@pytest.fixture(scope="module")
def image(kamaki: Kamaki, container: str) -> Iterator[str]:
    """An image of one's own: the demonstration image, uploaded and registered."""
    file = kamaki.folder / "mine.img"
    subprocess.run([program("synnefo"), "demo-image", "-o", str(file)], check=True)
    made = kamaki.json(
        "image", "register", "--name", "kamaki's own", "--location", f"/{container}/",
        "--upload-image-file", str(file), "--disk-format", "diskdump", "-p", "OSFAMILY=linux",
    )  # fmt: skip
    yield made["id"]
    kamaki("image", "unregister", made["id"])


def test_one_signs_in_with_url_and_token(kamaki: Kamaki, tmp_path: Path) -> None:
    url = kamaki("config", "get", "cloud.synnefo.url").stdout.strip()
    token = kamaki("config", "get", "cloud.synnefo.token").stdout.strip()
    fresh = Kamaki(kamaki.cloud, tmp_path)
    fresh.environment = {**fresh.environment, "KAMAKI_CONFIG": str(tmp_path / "kamakirc")}
    fresh("config", "set", "cloud.x.url", url)
    fresh("config", "set", "cloud.x.token", token)
    access = fresh.json("user", "authenticate")
    assert access["user"]["id"] == fresh.json("user", "info")["id"]
    wrong = fresh.run("user", "authenticate", "wrong-token")
    assert wrong.returncode == 1
    assert "was not authenticated" in wrong.stderr


def test_old_keys_and_old_commands_still_work(kamaki: Kamaki, tmp_path: Path) -> None:
    url = kamaki("config", "get", "cloud.synnefo.url").stdout.strip()
    token = kamaki("config", "get", "cloud.synnefo.token").stdout.strip()
    old = Kamaki(kamaki.cloud, tmp_path)
    old.environment = {**old.environment, "KAMAKI_CONFIG": str(tmp_path / "kamakirc")}
    old("config", "set", "user.url", url.removesuffix("/identity/v2.0"))
    old("config", "set", "token", token)
    assert f"user.url {url}" in old("config", "list").stdout.splitlines()
    (tmp_path / "old.txt").write_text("of old")
    old("file", "create", "oldies")
    old("store", "upload", "--container", "oldies", "old.txt", "renamed.txt")
    old("file", "upload", "old.txt", "oldies")
    assert "oldies" in old("file", "list").stdout
    assert "old.txt" in old("store", "list", "oldies").stdout
    assert old("file", "cat", "oldies:renamed.txt").stdout == "of old"
    old("container", "delete", "oldies", "-r", "--yes")


def test_only_blocks_that_the_cloud_lacks_travel(kamaki: Kamaki, container: str) -> None:
    file = kamaki.folder / "data.bin"
    data = bytearray(b"".join(bytes([65 + i]) * BLOCK for i in range(10)) + b"end")
    data[:16] = kamaki.folder.name.encode()[:16].ljust(16)
    file.write_bytes(data)
    there = f"/{container}/data.bin"
    kamaki("file", "upload", "data.bin", there)
    assert kamaki.run("file", "upload", "data.bin", there).returncode == 1
    assert kamaki.blocks_sent("file", "upload", "data.bin", there, "-f") == 0
    data[3 * BLOCK + 5] = 1
    file.write_bytes(data)
    assert kamaki.blocks_sent("file", "upload", "data.bin", there, "-f") == 1
    shown = kamaki.json("file", "info", there)
    assert int(shown["content-length"]) == len(data)
    assert len(kamaki.json("file", "info", there, "--hashmap")["hashes"]) == 11
    assert [row["name"] for row in kamaki.json("file", "list", f"/{container}")].count(
        "data.bin"
    ) == 1


def test_a_download_goes_on_where_it_was(kamaki: Kamaki, container: str) -> None:
    data = (kamaki.folder / "data.bin").read_bytes()
    there, copy = f"/{container}/data.bin", kamaki.folder / "copy.bin"
    kamaki("file", "download", there, "copy.bin")
    assert copy.read_bytes() == data
    copy.write_bytes(data[: 5 * BLOCK])
    assert kamaki.run("file", "download", there, "copy.bin").returncode == 1
    told = kamaki("file", "download", there, "copy.bin", "-f", "-v").stderr
    assert copy.read_bytes() == data
    fetched = sum(line.startswith("> range: bytes=") for line in told.splitlines())
    assert fetched == 6


def test_folders_are_copied_whole_and_deleted(kamaki: Kamaki, container: str) -> None:
    folder = kamaki.folder / "folder"
    (folder / "ünter").mkdir(parents=True)
    (folder / "ünter" / "a b.txt").write_text("text")
    (folder / "empty").touch()
    kamaki("file", "upload", "folder", f"/{container}", "-r")
    listed = kamaki.json("file", "list", f"/{container}/folder", "-r")
    assert {"folder/empty", "folder/ünter/a b.txt"} <= {row["name"] for row in listed}
    kamaki("file", "download", f"/{container}/folder", "back", "-r")
    assert (kamaki.folder / "back" / "ünter" / "a b.txt").read_text() == "text"
    kamaki("file", "copy", f"/{container}/folder/empty", f"/{container}/other")
    kamaki("file", "move", f"/{container}/other", f"/{container}/third")
    assert kamaki.run("file", "info", f"/{container}/other").returncode == 1
    assert kamaki.run("file", "delete", f"/{container}/third").returncode == 1
    kamaki("file", "delete", f"/{container}/third", "--yes")
    kamaki("file", "delete", f"/{container}/folder", "-r", "--yes")
    names = {row.get("name", "") for row in kamaki.json("file", "list", f"/{container}", "-r")}
    assert not any(name.startswith(("folder", "third")) for name in names)


def test_an_image_is_registered_listed_and_shown(kamaki: Kamaki, image: str) -> None:
    assert image in {row["id"] for row in kamaki.json("image", "list", "--name-like", "KAMAKI")}
    shown = kamaki.json("image", "info", image)
    assert shown["properties"] == {"OSFAMILY": "linux"}
    assert shown["status"] == "AVAILABLE"
    assert kamaki("file", "cat", f"/{CONTAINER}/mine.img.meta").stdout.startswith("{")


def test_every_list_is_json_when_asked(kamaki: Kamaki) -> None:
    for group in ("flavor", "network", "subnet", "port", "ip", "keypair", "server", "container"):
        assert isinstance(kamaki.json(group, "list"), list), group
    assert kamaki.json("quota", "list")
    assert "Public" in {row["name"] for row in kamaki.json("network", "list")}


def test_a_machine_lives_its_life(kamaki: Kamaki, image: str) -> None:
    flavor = kamaki.json("flavor", "list", "--name", FLAVOR)[0]["id"]
    key = kamaki.json("keypair", "generate", "--key-name", "kamaki-road")
    assert "PRIVATE KEY" in key["private_key"]
    made = kamaki.json(
        "server", "create", "--name", "kamaki-road", "--flavor-id", str(flavor),
        "--image-id", image, "--key-name", "kamaki-road", "-m", "made-by=kamaki", "--wait",
    )  # fmt: skip
    server = str(made["id"])
    assert (made["status"], made["metadata"]) == ("ACTIVE", {"made-by": "kamaki"})
    assert kamaki.json("server", "info", server, "--nics")[0]["ipv4"]
    console = kamaki.json("server", "console", server, "--type", "no-vnc")
    assert console["url"].startswith("ws")
    plain = kamaki.json("server", "console", server)
    assert {"host", "port", "password"} <= set(plain)
    late = kamaki.run("server", "wait", server, "--while", "ACTIVE", "--timeout", "1")
    assert (late.returncode, late.stderr.splitlines()[0]) == (1, "Operation timed out")
    kamaki("server", "shutdown", server, "--wait")
    again = kamaki.run("server", "shutdown", server)
    assert again.stderr == f"Server {server} is already STOPPED\n"
    kamaki("server", "start", server, "--wait")
    assert kamaki.json("server", "info", server)["status"] == "ACTIVE"
    gone = kamaki("server", "delete", server, "--wait")
    assert gone.stderr == f"Server {server} status: DELETED\n"
    kamaki("keypair", "delete", "kamaki-road")
    assert kamaki.run("server", "info", "999999").returncode == 1
