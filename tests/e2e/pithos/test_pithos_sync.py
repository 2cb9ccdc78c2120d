"""`kamaki file sync` against a real server: both ways, renames, conflicts, kills."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.support.pithos_server import ROOT, Server

pytestmark = pytest.mark.needs_clients
MIB = 2**20


class Folder:
    """One local folder that is kept the same as a container."""

    def __init__(self, server: Server, place: Path, container: str) -> None:
        self.server, self.place, self.container = server, place, container
        place.mkdir()
        config = place.parent / "kamakirc"
        config.write_text(
            f'[global]\ndefault_cloud = c\n[cloud "c"]\nurl = {server.url}/astakos/identity/v2.0\n'
            f"token = {server.token}\n"
        )
        config.chmod(0o600)
        program = Path(sys.executable).with_name("kamaki")
        self.command = [str(program), "-c", str(config), "file", "sync"]

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a run that can be interrupted, even where the tests run in the background."""
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}"}
        interruptible = ("env", "--default-signal=INT")
        return subprocess.Popen(
            [*interruptible, *self.command, str(self.place), f"/{self.container}", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )

    def sync(self, *words: str, fails: bool = False) -> str:
        """Run once to the end."""
        process = self.start(*words)
        told, _ = process.communicate(timeout=120)
        assert (process.returncode != 0) == fails, told
        return told

    @contextmanager
    def watched(self, *words: str) -> Iterator[None]:
        """Have a run watch the folder, and interrupt it at the end."""
        process = self.start("--watch", *words)
        try:
            assert process.stdout
            while "Watching" not in process.stdout.readline():
                assert process.poll() is None
            yield
            process.send_signal(signal.SIGINT)
            told, _ = process.communicate(timeout=30)
            assert (process.returncode, "Watching no more" in told) == (0, True), told
        finally:
            process.kill()
            process.communicate()

    def files(self) -> dict[str, bytes]:
        """Tell what the folder holds."""
        return {
            file.relative_to(self.place).as_posix(): file.read_bytes()
            for file in self.place.rglob("*")
            if file.is_file() and ".kamaki-sync" not in file.parts
        }

    def write(self, name: str, data: bytes) -> None:
        file = self.place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def call(server: Server, method: str, path: str, **headers: str) -> bytes:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(server.native + path, headers={"X-Auth-Token": server.token, **sent},
                      method=method)  # fmt: skip
    with urlopen(request, timeout=60) as answer:
        return bytes(answer.read())


@pytest.fixture
def pair(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Folder, Folder]:
    """Two folders of one container, as on two computers."""
    name = request.node.name[5:60]
    call(server, "PUT", f"/{name}")
    return Folder(server, tmp_path / "one", name), Folder(server, tmp_path / "two", name)


def test_two_folders_become_the_same_through_the_cloud(pair: tuple[Folder, Folder]) -> None:
    one, two = pair
    one.write("deep/er/large", os.urandom(9 * MIB))
    one.write("empty", b"")
    one.write("ελληνικά και spaces", b"text")
    (one.place / "hollow").mkdir()
    two.write("from two", b"2")
    one.sync()
    two.sync()
    one.sync()
    assert one.files() == two.files()
    assert len(one.files()) == 4
    assert (two.place / "hollow").is_dir()
    assert "Both sides are the same" in one.sync()


def test_only_what_changed_travels(pair: tuple[Folder, Folder]) -> None:
    one, two = pair
    data = os.urandom(40 * MIB)
    one.write("f", data)
    one.sync()
    two.sync()
    changed = data[: 20 * MIB] + b"!" + data[20 * MIB + 1 :]
    two.write("f", changed)
    process = subprocess.run(
        [*two.command[:1], "-v", *two.command[1:], str(two.place), f"/{two.container}"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert sum("> POST" in line and "update" in line for line in process.stderr.splitlines()) == 1
    one.sync()
    assert one.files() == {"f": changed}


def test_deletions_wait_for_the_option_and_are_kept(pair: tuple[Folder, Folder]) -> None:
    one, two = pair
    for number in range(4):
        one.write(f"f{number}", b"%d" % number)
    one.sync()
    two.sync()
    (one.place / "f1").unlink()
    told = one.sync()
    assert "1 left alone" in told
    assert "f1" not in one.files()
    assert one.sync("--delete", "-n").count("delete there: f1") == 1
    assert "f1" in two.files()
    one.sync("--delete")
    two.sync()
    assert "f1" in two.files()
    two.sync("--delete")
    assert one.files() == two.files()
    assert [f.read_bytes() for f in (two.place / ".kamaki-sync/trash").rglob("f1")] == [b"1"]


def test_an_empty_disk_does_not_empty_the_cloud(pair: tuple[Folder, Folder]) -> None:
    one, two = pair
    for number in range(15):
        one.write(f"f{number}", b"%d" % number)
    one.sync()
    two.sync()
    for name in one.files():
        (one.place / name).unlink()
    assert "--delete-many" in one.sync("--delete", fails=True)
    assert "Both sides are the same" in two.sync("--delete")
    assert len(two.files()) == 15


def test_renames_travel_as_renames(pair: tuple[Folder, Folder]) -> None:
    one, two = pair
    one.write("old name", os.urandom(5 * MIB))
    one.sync()
    two.sync()
    (one.place / "sub").mkdir()
    (one.place / "old name").rename(one.place / "sub" / "new name")
    assert "1 moved there" in one.sync()
    assert "1 moved here" in two.sync()
    assert list(two.files()) == ["sub/new name"]
    assert one.files() == two.files()


def test_what_both_changed_is_kept_in_both_versions(pair: tuple[Folder, Folder]) -> None:
    one, two = pair
    one.write("doc.txt", b"first")
    one.sync()
    two.sync()
    one.write("doc.txt", b"one's")
    two.write("doc.txt", b"two's")
    one.sync()
    assert "kept in both versions" in two.sync()
    one.sync()
    assert one.files() == two.files()
    assert sorted(one.files().values()) == [b"one's", b"two's"]
    assert one.files()["doc.txt"] == b"one's"
    copy = next(name for name in one.files() if "conflict" in name)
    assert copy.endswith(".txt")


def test_what_was_deleted_here_and_changed_there_comes_back(pair: tuple[Folder, Folder]) -> None:
    one, two = pair
    one.write("f", b"first")
    one.sync()
    two.sync()
    (one.place / "f").unlink()
    two.write("f", b"changed")
    two.sync("--delete")
    one.sync("--delete")
    assert one.files() == two.files() == {"f": b"changed"}


def test_metadata_and_type_of_an_object_stay_when_its_content_changes(
    pair: tuple[Folder, Folder],
) -> None:
    one, _ = pair
    one.write("f.bin", b"first")
    one.sync()
    call(one.server, "POST", f"/{one.container}/f.bin?update", X_Object_Meta_Colour="blue")
    one.write("f.bin", b"second")
    one.sync()
    request = Request(f"{one.server.native}/{one.container}/f.bin", method="HEAD",
                      headers={"X-Auth-Token": one.server.token})  # fmt: skip
    with urlopen(request, timeout=60) as answer:
        assert answer.headers["X-Object-Meta-Colour"] == "blue"


def test_links_out_of_the_folder_are_not_followed(
    pair: tuple[Folder, Folder], tmp_path: Path
) -> None:
    one, two = pair
    (tmp_path / "secret").write_text("secret")
    (one.place / "link").symlink_to(tmp_path / "secret")
    (one.place / "loop").symlink_to(one.place)
    one.write("f", b"f")
    assert "skipped: 'link'" in one.sync()
    two.sync()
    assert two.files() == {"f": b"f"}


def test_one_folder_has_one_program_and_one_place(pair: tuple[Folder, Folder]) -> None:
    one, _ = pair
    one.write("f", b"f")
    with one.watched():
        assert "another program" in one.sync(fails=True)
    call(one.server, "PUT", f"/{one.container}-other")
    one.container += "-other"
    assert "is synchronised with" in one.sync(fails=True)


def test_watching_carries_changes_both_ways(pair: tuple[Folder, Folder]) -> None:
    one, two = pair
    with one.watched("--interval", "1"):
        one.write("up", b"up")
        two.write("down", b"down")
        deadline = time.monotonic() + 60
        while one.files() != two.files() or len(one.files()) < 2:
            assert time.monotonic() < deadline
            two.sync()


def test_kills_at_any_moment_lose_nothing(pair: tuple[Folder, Folder]) -> None:
    one, two = pair
    chance = random.Random(7)
    written: set[bytes] = set()
    for _turn in range(3):
        for folder in pair:
            for number in range(5):
                data = chance.randbytes(chance.choice([10, 100_000, 5 * MIB]))
                folder.write(f"{chance.choice('abcdef')}{number}", data)
                written.add(data)
            process = folder.start()
            time.sleep(chance.uniform(0.2, 1.2))
            process.send_signal(signal.SIGKILL)
            process.communicate()
    for folder in (one, two, one, two):
        folder.sync()
    assert one.files() == two.files()
    latest = set(one.files().values())
    for name, data in one.files().items():
        assert data in written, f"{name} is torn"
    assert latest <= written
