"""A real machine moves between two nodes while it writes."""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from synnefo.archipelago.settings import load
from synnefo.archipelago.shelf import open_shelf
from synnefo.archipelago.volume import open_volume
from synnefo.node.demo_image import build, default_cache
from tests.e2e.archipelago.node import Node, two_nodes
from tests.e2e.guest.machine import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs_qemu, pytest.mark.timeout(400)]

VOLUME = "0a1b2c3d-0000-4000-8000-123456789abc.ext.disk0"
SLOT = 512
FIRST = 64 << 20
SLOTS = 2000
MOST_PAUSE_MS = 500
_WRITER = """::once:/sbin/writer
"""
_SCRIPT = f"""#!/bin/sh
n=0
while :; do
	printf '%07d' $n | dd of=/dev/vda bs={SLOT} seek=$(({FIRST // SLOT} + n)) \\
		conv=notrunc,fsync,sync 2>/dev/null
	n=$((n + 1))
	usleep 10000
done
"""


def an_image(folder: Path) -> Path:
    """Make a machine that writes one line after the other behind its last partition."""
    image = folder / "demo.img"
    build(image, default_cache())
    (folder / "writer").write_text(_SCRIPT)
    where = f"{image}?offset={18 << 20}"
    table = subprocess.run(
        ["/usr/sbin/debugfs", "-R", "cat /etc/inittab", where], capture_output=True, check=True
    ).stdout.decode()
    (folder / "inittab").write_text(table + _WRITER)
    lines = [
        "rm /etc/inittab",
        f"write {folder}/inittab etc/inittab",
        f"write {folder}/writer sbin/writer",
        "set_inode_field sbin/writer mode 0100755",
    ]
    script = "".join(f"{line}\n" for line in lines)
    subprocess.run(["/usr/sbin/debugfs", "-w", where], input=script, text=True, check=True)
    return image


class Qemu:
    """One side of a migration."""

    def __init__(self, folder: Path, uri: str, *more: str) -> None:
        self._qmp = folder / "qmp"
        self._process = subprocess.Popen(
            ["qemu-system-x86_64", "-machine", "pc", "-accel", "tcg", "-m", "128", "-nodefaults",
             "-display", "none", "-vga", "std", "-qmp", f"unix:{self._qmp},server=on,wait=off",
             "-drive", f"file={uri},format=raw,if=none,id=d,cache=none,aio=threads",
             "-device", "virtio-blk-pci,drive=d", *more]
        )  # fmt: skip
        eventually(self._qmp.exists)

    def ask(self, command: str, **arguments: object) -> dict[str, Any]:
        """Run one QMP command."""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(30)
            peer.connect(os.fspath(self._qmp))
            with peer.makefile("rw") as line:
                line.readline()
                for name, told in (("qmp_capabilities", {}), (command, arguments)):
                    line.write(json.dumps({"execute": name, "arguments": told}) + "\n")
                    line.flush()
                    while "event" in (answer := json.loads(line.readline())):
                        pass
        assert "return" in answer, answer
        return dict(answer["return"])

    def end(self) -> None:
        """Cut the power."""
        self._process.kill()
        self._process.wait()


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path("/tmp") / f"mig-{os.getpid()}"
    path.mkdir()
    yield path
    shutil.rmtree(path)


def written(node: Node) -> Callable[[], list[int]]:
    def numbers() -> list[int]:
        volume = open_volume(open_shelf(load(str(node.conf))), VOLUME, writing=False)
        try:
            data = bytes(volume.read(FIRST, SLOTS * SLOT))
        finally:
            volume.close()
        return [int(found) for found in re.findall(rb"\d{7}", data)]

    return numbers


def test_a_guest_that_writes_moves_and_loses_nothing(folder: Path) -> None:
    image = an_image(folder)
    with two_nodes() as nodes:
        first, second = nodes
        created = first.script("create", VOLUME, VOL_SIZE="128")
        assert created.returncode == 0, created.stderr
        uri = first.attach(VOLUME)
        first.script("open", VOLUME, VOL_OPEN_EXCLUSIVE="True")
        subprocess.run(["qemu-img", "convert", "-n", "-O", "raw", str(image), uri], check=True)
        numbers = written(first)
        sides = []
        try:
            for node, more in ((first, ()), (second, ("-incoming", f"unix:{folder}/mig"))):
                place = folder / node.root.name
                place.mkdir()
                uri = node.attach(VOLUME)
                if node is second:
                    eventually(lambda: len(numbers()) > 20, 120)
                    for one in nodes:
                        one.script("open", VOLUME, VOL_OPEN_EXCLUSIVE="False")
                sides.append(Qemu(place, uri, *more))
            source = sides[0]
            eventually((folder / "mig").exists)
            source.ask("migrate", uri=f"unix:{folder}/mig")
            eventually(lambda: source.ask("query-migrate")["status"] == "completed", 90)
            moved = len(numbers())
            eventually(lambda: len(numbers()) > moved + 10, 120)
        finally:
            for side in sides:
                side.end()
        found = numbers()
        assert found == list(range(len(found)))
        log = (second.root / "log" / "archipelago.log").read_text().splitlines()
        events = [json.loads(line) for line in log if line.startswith("{")]
        waited = [e["waited_ms"] for e in events if e["event"] == "lease taken"]
        assert len(waited) == 1
        assert waited[0] <= MOST_PAUSE_MS
