"""The clouds that are hurt here: one pretends to have machines, one has them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.conftest import Cloud
from tests.e2e.faults import clouds
from tests.e2e.faults.clouds import PLENTY, RESOURCES, Person, wait_for


@pytest.fixture(scope="package")
def pretending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A whole cloud whose machines are pretended."""
    with clouds.running(tmp_path_factory.mktemp("fake") / "c", clouds.FAKE) as cloud:
        yield cloud


@pytest.fixture
def user(pretending: Cloud) -> Iterator[Person]:
    """The demonstration user with plenty of quota and, before and after, no server."""
    found = clouds.person(pretending)
    clouds.limit(pretending, found, dict.fromkeys(RESOURCES, PLENTY))
    yield found
    found.clear()


WRAPPER = """#!/bin/sh
if test -e "$0.refuses"; then set -- "$@" -device no-such-device; fi
exec qemu-system-x86_64 "$@"
"""
ROOM = "160m"


class Machines(NamedTuple):
    """A cloud with real machines on a small disk, and one machine in it."""

    cloud: Cloud
    user: Person
    key: Path
    qemu: Path
    """QEMU's program; with `<program>.refuses` beside it QEMU is asked for nonsense."""
    server: str
    address: str

    def enter(self, name: str) -> "Machines":
        """Make a machine on the public network, and wait until it lets its owner in."""
        public = self.user("GET", "/cyclades/network/v2.0/networks?name=Public")["networks"][0]
        order = self.user.order(name, key_name="me", networks=[{"uuid": public["id"]}])
        server = self.user.compute("POST", "/servers", order)["server"]["id"]
        wait_for(self.user.settled("ACTIVE"), self.user.servers, within=120)
        shown = self.user.server(server)["addresses"].values()
        address = next(one["addr"] for of in shown for one in of if one["version"] == 4)
        made = self._replace(server=server, address=address)
        made.wait_inside()
        return made

    def inside(self, command: str, within: float = 60) -> str:
        """Run a command in the machine; what it prints."""
        done = ssh(self.key, self.address, command, within)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def wait_inside(self) -> None:
        """Wait until the machine lets its owner in."""
        wait_for(
            lambda: ssh(self.key, self.address, "true", 20).returncode == 0,
            lambda: self.user.server(self.server),
            within=120,
        )


def ssh(
    key: Path, address: str, command: str, within: float
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a machine, by the key alone."""
    done = [*ssh_command(key, address), command]
    try:
        return subprocess.run(done, check=False, capture_output=True, text=True, timeout=within)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(done, 255, "", "It does not answer.")


def ssh_command(key: Path, address: str) -> list[str]:
    """Spell the command that enters a machine."""
    words = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes"]
    words += ["ConnectTimeout=5", "LogLevel=ERROR", "ServerAliveInterval=5"]
    options = [part for word in words for part in ("-o", word)]
    return ["ssh", *options, "-i", str(key), f"user@{address}"]


@pytest.fixture(scope="package")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose blocks and volumes are on disks that are soon full."""
    data = tmp_path_factory.mktemp("small") / "c"
    homes = [data / "blocks", data / "volumes"]
    for home in homes:
        home.mkdir(parents=True)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(home)], check=True
        )
    yield data
    for home in homes:
        subprocess.run(["umount", str(home)], check=True)
        home.rmdir()
    data.rmdir()


@pytest.fixture(scope="package")
def machines(small_disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """A whole cloud and a machine in it."""
    home = tmp_path_factory.mktemp("machines")
    key, qemu = home / "id", home / "qemu"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    qemu.write_text(WRAPPER)
    qemu.chmod(0o755)
    with clouds.running(small_disk, f'SOLO_QEMU = "{qemu}"\n') as cloud:
        user = clouds.person(cloud)
        pair = {"keypair": {"name": "me", "public_key": key.with_suffix(".pub").read_text()}}
        user.compute("POST", "/os-keypairs", pair)
        yield Machines(cloud, user, key, qemu, "", "").enter("hurt")
