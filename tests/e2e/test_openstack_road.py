"""The road with unmodified OpenStack clients: from a token to SSH in a machine, and back."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Cloud, program

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_clients,
    pytest.mark.needs_qemu,
    pytest.mark.needs_root,
]
SSH_SECONDS = 90
FLAVOR = "C1R256D1ext_archipelago"


class OpenStack:
    """The `openstack` command, as the demonstration user."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command; its output and exit code."""
        return subprocess.run(
            [program("openstack"), *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
            env=self.cloud.environment(),
        )

    def __call__(self, *words: str) -> Any:
        """Run a command that must succeed; its answer as JSON."""
        done = self.run(*words, "-f", "json")
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture(scope="module")
def openstack(cloud: Cloud) -> OpenStack:
    return OpenStack(cloud)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


@pytest.fixture(scope="module")
def image(openstack: OpenStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image that the user uploads: the demonstration image under a name of their own."""
    file = tmp_path_factory.mktemp("image") / "mine.img"
    subprocess.run([program("synnefo"), "demo-image", "-o", str(file)], check=True)
    made = openstack(
        "image", "create", "mine", "--file", str(file), "--disk-format", "raw",
        "--container-format", "bare",
    )  # fmt: skip
    yield made["id"]
    openstack.run("image", "delete", made["id"])


def ssh(key: Path, address: str, command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a machine, by the key alone."""
    host, _, port = address.partition(":")
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    options += ["-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR"]
    return subprocess.run(
        ["ssh", *options, "-i", str(key), "-p", port or "22", f"user@{host}", command],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def wait_ssh(key: Path, address: str) -> None:
    """Wait until a machine lets its owner in."""
    deadline = time.monotonic() + SSH_SECONDS
    last = ""
    while time.monotonic() < deadline:
        tried = ssh(key, address, "true")
        if tried.returncode == 0:
            return
        last = tried.stderr
        time.sleep(0.5)
    raise AssertionError(f"{address} does not answer: {last}")


def address_of(server: dict[str, Any]) -> str:
    """Pick the IPv4 address out of a server as the client shows it."""
    found = re.search(r"\d+\.\d+\.\d+\.\d+", json.dumps(server["addresses"]))
    assert found, server
    return found[0]


def test_a_token_is_issued_and_the_catalogue_names_every_service(openstack: OpenStack) -> None:
    assert openstack("token", "issue")["project_id"]
    types = {entry["Type"] for entry in openstack("catalog", "list")}
    assert {"identity", "compute", "image", "network", "object-store"} <= types


def test_the_demonstration_image_flavors_and_a_public_network_are_there(
    openstack: OpenStack,
) -> None:
    assert "Demonstration" in {row["Name"] for row in openstack("image", "list")}
    assert openstack("flavor", "list")
    assert openstack("network", "list", "--external") or openstack("network", "list")


def test_a_machine_boots_from_an_uploaded_image_and_lets_its_owner_in(
    openstack: OpenStack, image: str, key: Path, tmp_path: Path
) -> None:
    openstack("keypair", "create", "--public-key", f"{key}.pub", "mine")
    script = tmp_path / "user-data"
    script.write_text("#!/bin/sh\necho from-user-data > /tmp/told\n")
    try:
        server = openstack(
            "server", "create", "road", "--image", image, "--flavor", FLAVOR,
            "--key-name", "mine", "--user-data", str(script), "--wait",
        )  # fmt: skip
        assert server["status"] == "ACTIVE"
        address = address_of(server)
        wait_ssh(key, address)
        ssh(key, address, "until test -e /tmp/told; do sleep 0.2; done")
        assert ssh(key, address, "cat /tmp/told").stdout == "from-user-data\n"
        assert ssh(key, address, "hostname").stdout == "road\n"
        _console_and_life(openstack, key, address)
    finally:
        openstack.run("server", "delete", "road", "--wait")
        openstack.run("keypair", "delete", "mine")
    assert "road" not in {row["Name"] for row in openstack("server", "list")}


def _console_and_life(openstack: OpenStack, key: Path, address: str) -> None:
    """Console, log, stop, start; what the guest had synced is there afterwards."""
    assert "/ui/console?token=" in openstack("console", "url", "show", "road")["url"]
    assert "login:" in openstack.run("console", "log", "show", "road").stdout
    assert ssh(key, address, "echo kept > ~/kept && sync").returncode == 0
    openstack.run("server", "stop", "road")
    _until(openstack, "SHUTOFF")
    openstack.run("server", "start", "road")
    _until(openstack, "ACTIVE")
    wait_ssh(key, address)
    assert ssh(key, address, "cat ~/kept").stdout == "kept\n"


def _until(openstack: OpenStack, status: str) -> None:
    deadline = time.monotonic() + 60
    while (now := openstack("server", "show", "road")["status"]) != status:
        assert time.monotonic() < deadline, f"still {now}, not {status}"
        time.sleep(0.5)
