"""Partition tables: enlarged, given swap, and refused when they lie. sfdisk is the judge."""

import json
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from synnefo.node.image_deploy.helper import partitions, storage
from synnefo.node.image_deploy.helper.report import Refused
from tests.unit.image_deploy.images import Patient, an_msdos_disk, rules

SFDISK = shutil.which("sfdisk", path="/usr/sbin:/sbin:/usr/bin") or "sfdisk"
Parts = dict[int, tuple[int, int, str]]


def made(path: Path, script: str, mib: int) -> Path:
    """Have sfdisk make a disk."""
    with path.open("wb") as disk:
        disk.truncate(mib << 20)
    subprocess.run([SFDISK, "-q", str(path)], input=script.encode(), check=True)
    return path


def listed(path: Path) -> Parts:
    """Have sfdisk read a disk: number -> start, length, kind. It must find no fault."""
    told = subprocess.run([SFDISK, "-J", str(path)], check=True, capture_output=True, text=True)
    assert not told.stderr
    found = json.loads(told.stdout)["partitiontable"]["partitions"]
    return {
        int(one["node"].removeprefix(str(path)).lstrip("p")): (
            one["start"],
            one["size"],
            one["type"].lower(),
        )
        for one in found
    }


def fixed(path: Path, mib: int, **more: object) -> Parts:
    with path.open("r+b") as disk:
        disk.truncate(mib << 20)
    storage.fix_partition_table(Patient(path.parent, rules(**more), path).work)
    return listed(path)


def test_the_last_primary_partition_fills_the_disk(tmp_path: Path) -> None:
    disk = made(tmp_path / "d", "label: dos\n2048,8192,6\n10240,20480,83\n", 32)
    found = fixed(disk, 100)
    assert found[1] == (2048, 8192, "6")
    assert found[2] == (10240, 100 * 2048 - 2048 - 10240, "83")


def test_the_last_partition_of_a_gpt_fills_the_disk(tmp_path: Path) -> None:
    disk = made(tmp_path / "d", "label: gpt\nsize=8MiB\nsize=4MiB\n", 32)
    before = listed(disk)
    found = fixed(disk, 100)
    assert found[1] == before[1]
    assert sum(found[2][:2]) == 100 * 2048 - 2048
    check = subprocess.run([SFDISK, "-V", str(disk)], capture_output=True, text=True, check=False)
    assert "No errors" in check.stdout


def test_a_logical_partition_grows_with_its_frame(tmp_path: Path) -> None:
    script = "label: dos\n2048,8192,83\n10240,40960,5\n12288,8192,83\n22528,8192,83\n"
    found = fixed(made(tmp_path / "d", script, 32), 64)
    end = 64 * 2048 - 2048
    assert sum(found[2][:2]) == end
    assert found[5] == (12288, 8192, "83")
    assert sum(found[6][:2]) == end


@pytest.mark.parametrize(
    ("script", "wish", "kind"),
    [
        ("label: dos\n2048,8192,83\n", "2:10", "82"),
        ("label: dos\n2048,8192,83\n", "5:10", "82"),
        ("label: dos\n2048,8192,83\n10240,20480,5\n12288,8192,83\n", "6:10", "82"),
        ("label: gpt\nsize=8MiB\n", "2:10", "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"),
    ],
)
def test_swap_gets_its_place_at_the_end(tmp_path: Path, script: str, wish: str, kind: str) -> None:
    disk = made(tmp_path / "d", script, 32)
    found = fixed(disk, 100, SWAP=wish)
    number = int(wish.partition(":")[0])
    start, length, found_kind = found[number]
    assert found_kind == kind
    assert start + length == 100 * 2048 - 2048
    assert 9 * 2048 <= length <= 11 * 2048


def test_swap_without_room_is_refused(tmp_path: Path) -> None:
    disk = made(tmp_path / "d", "label: dos\n2048,8192,83\n", 32)
    with pytest.raises(Refused, match="no room"):
        fixed(disk, 32, SWAP="2:200")


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([(0x83, 2048, 0xFFFFF000)], "ends behind the end"),
        ([(0x83, 2048, 4096), (0x83, 4096, 4096)], "overlaps"),
        ([(0x83, 0, 4096)], "overlaps"),
        ([], "without partitions"),
        ([(0x05, 2048, 4096), (0x0F, 8192, 4096)], "more than one extended"),
        ([(0x05, 2048, 4096)], "broken"),
        ([(0x05, 0xFFFFFF00, 4096)], "behind the end"),
    ],
)
def test_a_table_that_lies_is_refused(
    tmp_path: Path, parts: list[tuple[int, int, int]], sentence: str
) -> None:
    disk = an_msdos_disk(tmp_path / "d", 32, *parts)
    before = disk.read_bytes()
    with pytest.raises(Refused, match=sentence):
        storage.fix_partition_table(Patient(tmp_path, rules(), disk).work)
    assert disk.read_bytes() == before


def test_a_chain_of_logical_partitions_in_a_circle_is_refused(tmp_path: Path) -> None:
    disk = an_msdos_disk(tmp_path / "d", 32, (0x05, 2048, 40960))
    link = struct.pack("<B3sB3sII", 0, b"\0\0\0", 0x05, b"\0\0\0", 0, 2048)
    with disk.open("r+b") as file:
        file.seek(2048 * 512 + 462)
        file.write(link)
        file.seek(2048 * 512 + 510)
        file.write(b"\x55\xaa")
    with pytest.raises(Refused, match="circle"):
        storage.fix_partition_table(Patient(tmp_path, rules(), disk).work)


@pytest.mark.parametrize(
    ("at", "bad"), [(512 + 80, 2**31), (512 + 72, 2**62), (512 + 16, 1), (1024 + 32, 1)]
)
def test_a_gpt_that_lies_is_refused(tmp_path: Path, at: int, bad: int) -> None:
    disk = made(tmp_path / "d", "label: gpt\nsize=8MiB\n", 32)
    with disk.open("r+b") as file:
        file.seek(at)
        file.write(struct.pack("<Q", bad)[:4])
    with pytest.raises(Refused):
        storage.fix_partition_table(Patient(tmp_path, rules(), disk).work)


def test_a_disk_without_a_table_is_refused(tmp_path: Path) -> None:
    disk = tmp_path / "d"
    disk.write_bytes(bytes(1 << 20))
    with pytest.raises(Refused, match="no partition table"):
        storage.fix_partition_table(Patient(tmp_path, rules(), disk).work)


def test_a_swap_area_is_one_for_the_system(tmp_path: Path) -> None:
    disk = tmp_path / "d"
    disk.write_bytes(bytes(1 << 20))
    name = storage.make_swap(disk)
    told = subprocess.run(
        ["/usr/sbin/blkid", "-p", "-o", "export", str(disk)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "TYPE=swap" in told
    assert f"UUID={name}" in told


def test_file_systems_are_told_apart(tmp_path: Path) -> None:
    disk = tmp_path / "d"
    disk.write_bytes(bytes(4 << 20))
    assert storage.kind_of(disk) == ""
    subprocess.run(["/usr/sbin/mke2fs", "-q", "-F", str(disk)], check=True)
    assert storage.kind_of(disk) == "ext"
    with disk.open("rb") as file:
        assert partitions.is_partitioned(file) is False


def test_a_file_system_that_was_not_left_in_good_order_is_refused(tmp_path: Path) -> None:
    disk = tmp_path / "d1"
    disk.write_bytes(bytes(4 << 20))
    subprocess.run(["/usr/sbin/mke2fs", "-q", "-F", str(disk)], check=True)
    subprocess.run(["/usr/sbin/debugfs", "-w", "-R", "ssv state 2", str(disk)], check=True)
    with pytest.raises(Refused, match="not clean"):
        storage.resize_unmounted(Patient(tmp_path, rules(), tmp_path / "d").work)
