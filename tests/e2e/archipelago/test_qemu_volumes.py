"""Volumes under QEMU's own block layer."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.archipelago.node import Node, a_node

pytestmark = [pytest.mark.e2e, pytest.mark.needs_qemu]
VOLUME = "qemu-volume"
MIB = 1024 * 1024


@pytest.fixture
def node() -> Iterator[Node]:
    with a_node() as node:
        node.run("vlmc", "create", VOLUME, "-s", "128")
        yield node


def qemu_io(uri: str, *commands: str) -> str:
    arguments = [part for command in commands for part in ("-c", command)]
    done = subprocess.run(
        ["qemu-io", "-f", "raw", *arguments, uri],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout, done.stdout
    return done.stdout


def test_an_image_copied_in_by_qemu_reads_the_same(node: Node, tmp_path: Path) -> None:
    image = tmp_path / "image.raw"
    with image.open("wb") as file:
        for at in range(0, 128, 7):
            file.seek(at * MIB)
            file.write(os.urandom(3 * MIB + 77))
        file.truncate(128 * MIB)
    uri = node.attach(VOLUME)
    subprocess.run(
        ["qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", str(image), uri],
        check=True,
        timeout=120,
    )
    same = ["qemu-img", "compare", "-f", "raw", "-F", "raw", str(image), uri]
    assert "identical" in subprocess.run(same, capture_output=True, text=True, check=True).stdout


def test_zeroing_discarding_and_forced_writes_do_what_they_say(node: Node) -> None:
    uri = node.attach(VOLUME)
    qemu_io(uri, "write -P 7 0 16M", "write -f -P 9 1M 64k", "flush")
    qemu_io(
        uri,
        "write -z 3000 70000",
        "discard 8M 4M",
        "write -z -u 12M 100k",
        "flush",
        "read -P 7 0 3000",
        "read -P 0 3000 70000",
        "read -P 9 1M 64k",
        "read -P 0 8M 4M",
        "read -P 0 12M 100k",
        "read -P 7 13M 3M",
    )


def test_a_guest_goes_on_while_its_server_is_killed_again_and_again(node: Node) -> None:
    node.attach(VOLUME)
    options = (
        f"driver=nbd,server.type=unix,server.path={node.root}/run/{VOLUME}.sock,"
        "export=vol,reconnect-delay=60"
    )
    with subprocess.Popen(
        ["qemu-io", "--image-opts", options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as guest:
        assert guest.stdin is not None
        assert guest.stdout is not None
        for number in range(1, 121):
            guest.stdin.write(f"aio_write -P {number} {number * 512 * 1024} {9000 + number}\n")
            guest.stdin.flush()
            if number % 20 == 0:
                node.kill_server(VOLUME)
            time.sleep(0.002)
        guest.stdin.write("aio_flush\nflush\n")
        guest.stdin.write(
            "".join(f"read -P {n} {n * 512 * 1024} {9000 + n}\n" for n in range(1, 121))
        )
        guest.stdin.write("quit\n")
        guest.stdin.close()
        said = guest.stdout.read()
        assert guest.wait(60) == 0, said
    assert "failed" not in said, said
    assert "error" not in said.lower(), said
    assert said.count("wrote ") == 120
    assert said.count("read ") >= 120


@pytest.mark.needs_root
def test_a_full_disk_is_told_to_the_guest_and_hurts_nothing_else(
    node: Node, tmp_path: Path
) -> None:
    data = node.root / "volumes" / "data"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(data)], check=True)
    try:
        uri = node.attach(VOLUME)
        qemu_io(uri, "write -P 1 0 4M", "flush")
        full = subprocess.run(
            ["qemu-io", "-f", "raw", "-c", "write -P 2 16M 16M", uri],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "No space left on device" in full.stdout + full.stderr
        qemu_io(uri, "read -P 1 0 4M", "discard 16M 16M", "write -P 3 64M 1M", "flush")
        qemu_io(uri, "read -P 1 0 4M", "read -P 3 64M 1M")
    finally:
        node.run("archipelago", "stop", "--force")
        subprocess.run(["umount", str(data)], check=True)
