"""Daemons, the demonstration image and a key, for tests of real machines."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synnefo.node.demo_image.build import build
from synnefo.node.demo_image.build_command import default_cache
from tests.e2e.solo.solo_daemon import Daemon


@pytest.fixture(scope="session")
def demo_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("image") / "demo.img"
    build(target, default_cache())
    return target


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A short folder: the names of sockets in it must stay below the system's limit."""
    folder = Path(tempfile.mkdtemp(prefix="solo-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_daemon(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    made: list[Daemon] = []

    def make(name: str, *options: str) -> Daemon:
        folder = tmp_path / name
        folder.mkdir()
        daemon = Daemon(folder, *options)
        made.append(daemon)
        daemon.start()
        return daemon

    yield make
    for daemon in made:
        daemon.clean_up()
