"""The OS definition in earnest: real images, a real helper, and the machine that comes of it."""

import base64
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from synnefo.node.demo_image import build, default_cache
from synnefo.node.demo_image.disk import BOOT_SIZE, START
from synnefo.node.image_deploy import helper_build
from synnefo.node.image_deploy.install import write_definition
from tests.e2e.guest.machine import Build, Machine

pytestmark = [pytest.mark.needs_qemu, pytest.mark.e2e, pytest.mark.timeout(400)]

ROOT = START + BOOT_SIZE
GIFT = {"path": "/etc/app/greeting", "contents": "aGVsbG8K", "owner": "user", "group": "user",
        "mode": 0o640}  # fmt: skip
Deploy = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the helper, the image, the scripts and a key."""
    folder = tmp_path_factory.mktemp("lab")
    for path in (folder, *folder.parents[:2]):
        path.chmod(path.stat().st_mode | 0o055)
    build(folder / "demo.img", default_cache())
    helper_build.build(folder / "helper", default_cache())
    write_definition(folder / "os")
    (folder / "conf").write_text(f"HELPER_DIR={folder}/helper\nIMAGE_DIR={folder}\n")
    key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "t", "-f", str(folder / "key")]
    subprocess.run(key, check=True)
    return folder


@pytest.fixture(scope="module")
def deploy(lab: Path) -> Deploy:
    """Run `create` as Ganeti does, and remember what the monitor was told."""
    monitor = lab / "monitor"
    monitor.write_text(f'#!/bin/sh\nexec cat >> "{lab}/told-$1"\n')
    monitor.chmod(0o755)
    with (lab / "conf").open("a") as conf:
        conf.write(f"PROGRESS_MONITOR={monitor}\n")

    def create(disk: Path, **more: str) -> subprocess.CompletedProcess[str]:
        told = {
            "PATH": os.environ["PATH"],
            "SNF_IMAGE_CONF": str(lab / "conf"),
            "INSTANCE_NAME": disk.parent.name,
            "HYPERVISOR": "kvm",
            "DISK_COUNT": "1",
            "DISK_0_PATH": str(disk),
            "OSP_IMG_FORMAT": "diskdump",
            "OSP_IMG_PROPERTIES": '{"osfamily": "linux", "root_partition": "2"}',
        }
        return subprocess.run(
            [lab / "os" / "create"],
            env=told | more,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    return create


def an_empty_disk(lab: Path, name: str, mib: int = 256) -> Path:
    (lab / name).mkdir()
    disk = lab / name / "disk.img"
    with disk.open("wb") as file:
        file.truncate(mib << 20)
    return disk


def told(lab: Path, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (lab / f"told-{name}").read_text().splitlines()]


def debugfs(disk: Path, *lines: str) -> None:
    """Change the root file system of a copy of the image as its evil author would."""
    where = f"{disk}?offset={ROOT}"
    script = "".join(f"{line}\n" for line in lines)
    subprocess.run(["/usr/sbin/debugfs", "-w", where], input=script, text=True, check=True)


def an_evil_image(lab: Path, name: str, *lines: str) -> str:
    """Copy the image and spoil it; answer its id."""
    image = lab / f"{name}.img"
    image.write_bytes((lab / "demo.img").read_bytes())
    debugfs(image, *lines)
    return f"local://{image.name}"


def test_an_image_becomes_a_machine_of_its_own(lab: Path, deploy: Deploy) -> None:
    disk = an_empty_disk(lab, "snf-7")
    done = deploy(
        disk,
        OSP_IMG_ID="local://demo.img",
        OSP_HOSTNAME="web-server",
        OSP_ADMIN_PASS="secret word",
        OSP_AUTH_KEYS=(lab / "key.pub").read_text(),
        OSP_IMG_PERSONALITY=json.dumps([GIFT]),
        OSP_INST_PROPERTIES='{"users": "root user"}',
    )
    assert done.returncode == 0, done.stderr
    messages = told(lab, "snf-7")
    kinds = {str(one["type"]) for one in messages}
    assert kinds == {"image-info", "image-copy-progress", "image-helper"}
    tasks = [one["task"] for one in messages if one.get("subtype") == "task-end"]
    assert tasks[0] == "FixPartitionTable"
    assert tasks[-1] == "UmountImage"
    assert {"ChangePassword", "EnforcePersonality", "AssignHostname"} <= set(map(str, tasks))
    machine = Machine(Build(image=lab / "demo.img", folder=disk.parent))
    machine.start()
    try:
        machine.wait_for_ssh()
        assert machine.ssh("hostname").strip() == "web-server"
        assert machine.ssh("stat -c '%U:%G %a' /etc/app/greeting").strip() == "user:user 640"
        assert machine.ssh("cat /etc/app/greeting") == "hello\n"
        size = int(machine.ssh("df -m / | tail -1").split()[1])
        assert size > 200
        hashed = machine.ssh("grep ^user: /etc/shadow").split(":")[1]
        assert hashed.startswith("$6$")
    finally:
        machine.kill()


def test_an_evil_image_is_refused_with_a_reason(lab: Path, deploy: Deploy) -> None:
    before = Path("/etc/shadow").stat()
    lines = ("rm /etc/shadow", "symlink /etc/shadow ../../../../../../etc/shadow")
    image = an_evil_image(lab, "link", *lines)
    done = deploy(
        an_empty_disk(lab, "snf-link", 64), OSP_IMG_ID=image, OSP_IMG_PASSWD_HASH="$6$x$y"
    )
    assert done.returncode == 1
    assert "points out of its root" in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
    last = told(lab, "snf-link")[-1]
    assert last["type"] == "image-error"
    assert "points out of its root" in str(last["messages"])
    after = Path("/etc/shadow").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_file_system_that_is_torn_is_refused_and_the_helpers_words_are_told(
    lab: Path, deploy: Deploy
) -> None:
    image = lab / "torn.img"
    data = bytearray((lab / "demo.img").read_bytes())
    for block in range(1, 40):
        at = ROOT + block * 4096
        data[at : at + 4096] = os.urandom(4096)
    image.write_bytes(data)
    done = deploy(an_empty_disk(lab, "snf-torn", 64), OSP_IMG_ID="local://torn.img")
    assert done.returncode == 1
    assert "damaged" in done.stderr.strip().splitlines()[-1]
    assert any("stderr" in one for one in told(lab, "snf-torn"))


def test_an_image_that_says_nothing_of_itself_is_looked_at(lab: Path, deploy: Deploy) -> None:
    disk = an_empty_disk(lab, "snf-mute", 64)
    script = base64.b64encode(b'#!/bin/sh\necho custom > "$1/etc/custom"\n').decode()
    done = deploy(
        disk,
        OSP_IMG_ID="local://demo.img",
        OSP_IMG_PROPERTIES=json.dumps({"custom_task": script, "swap": "3:8"}),
    )
    assert done.returncode == 0, done.stderr
    assert "partition 2 looks like the root" in str(told(lab, "snf-mute"))
    where = f"{disk}?offset={ROOT}"
    shown = subprocess.run(
        ["/usr/sbin/debugfs", "-R", "cat /etc/custom", where], capture_output=True, check=True
    )
    assert shown.stdout == b"custom\n"
    fstab = subprocess.run(
        ["/usr/sbin/debugfs", "-R", "cat /etc/fstab", where], capture_output=True, check=True
    )
    assert b"swap sw 0 0" in fstab.stdout


def test_a_helper_that_hangs_is_ended(lab: Path, deploy: Deploy) -> None:
    slow = lab / "slow"
    slow.write_text((lab / "conf").read_text() + "HELPER_SOFT_TIMEOUT=1\n")
    done = deploy(
        an_empty_disk(lab, "snf-slow", 64), OSP_IMG_ID="local://demo.img", SNF_IMAGE_CONF=str(slow)
    )
    assert done.returncode == 1
    assert "did not finish on time" in done.stderr
