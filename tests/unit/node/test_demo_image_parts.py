"""The pieces of the demonstration image, without packages and without QEMU."""

import stat
import struct
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from synnefo.node.demo_image import build_command, disk, packages, programs, tools
from synnefo.node.demo_image.tools import BuildFailed
from synnefo.node.demo_image.tree import FILE, LINK, Node, initramfs, of_folder, whole


def a_module(*needs: str) -> bytes:
    return b"\x7fELF...\0depends=" + ",".join(needs).encode() + b"\0name=x\0"


def test_modules_come_after_what_they_need() -> None:
    modules = {
        "virtio_net": a_module("net-failover", "virtio"),
        "net_failover": a_module("failover"),
        "failover": a_module(),
        "virtio": a_module("virtio_ring"),
        "virtio_ring": a_module(),
        "alone": b"no description at all",
    }
    order = programs.loading_order(modules, ["virtio_net", "builtin", "alone", "virtio"])
    assert order == ["failover", "net_failover", "virtio_ring", "virtio", "virtio_net", "alone"]


def test_modules_are_named_as_the_kernel_does() -> None:
    assert programs.module_name("lib/modules/6/kernel/a/virtio-rng.ko.xz") == "virtio_rng"


def test_the_libraries_of_a_real_program_are_found() -> None:
    program = Path("/bin/ls").read_bytes()
    assert "libc.so.6" in programs.needed(program)
    shelf = {
        path.name: path.read_bytes() for path in Path("/lib/x86_64-linux-gnu").glob("lib*.so.*")
    }
    shelf[programs.INTERPRETER] = Path("/lib64", programs.INTERPRETER).read_bytes()
    found = programs.libraries_of([program], shelf)
    listed = subprocess.run(["ldd", "/bin/ls"], capture_output=True, text=True, check=True).stdout
    wanted = {Path(line.split()[0]).name for line in listed.splitlines() if "vdso" not in line}
    assert set(found) == wanted


def test_a_library_that_no_package_brings_is_named() -> None:
    with pytest.raises(BuildFailed, match="ld-linux"):
        programs.libraries_of([], {})


def test_a_tree_has_its_folders_before_what_is_in_them() -> None:
    tree = whole({"a/b/c": Node(FILE, b"x"), "a-b": Node(FILE), "a/link": Node(LINK, b"b/c")})
    paths = list(tree)
    assert paths.index("a") < paths.index("a/b") < paths.index("a/b/c")
    assert stat.S_ISDIR(tree["a/b"].mode)


def test_the_initramfs_is_what_cpio_reads(tmp_path: Path) -> None:
    tree = whole({"bin/tool": Node(FILE | 0o111, b"#!x"), "sh": Node(LINK, b"bin/tool")})
    archive = initramfs(tree, tools.EPOCH)
    assert len(archive) % 4 == 0
    command = ["busybox", "cpio", "-idm"]
    subprocess.run(command, input=archive, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "bin" / "tool").read_bytes() == b"#!x"
    assert (tmp_path / "bin" / "tool").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "sh").readlink() == Path("bin/tool")
    assert (tmp_path / "bin" / "tool").stat().st_mtime == tools.EPOCH


def test_scripts_become_executable_and_plain_files_do_not(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\n")
    (tmp_path / "plain").write_text("text")
    tree = of_folder(tmp_path)
    assert tree["script"].mode == FILE | 0o111
    assert tree["plain"].mode == FILE


def test_the_partition_table_ends_with_a_root_that_can_grow() -> None:
    table = disk._partition_table(b"\xeb" * 512)
    assert len(table) == 512
    assert table[510:] == b"\x55\xaa"
    start, size = struct.unpack_from("<II", table, 446 + 16 + 8)
    assert (start + size) * 512 == disk.SIZE <= 40_000_000
    assert table[446] == 0x80
    assert 446 + 16 + 12 == 474, "where the guest writes the new length of its root"


def test_a_missing_tool_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(tools.shutil, "which", lambda *_, **__: None)
    with pytest.raises(BuildFailed, match="apt-get install dosfstools"):
        tools.tool("mkfs.vfat")


def test_the_complaint_of_a_tool_is_passed_on() -> None:
    with pytest.raises(BuildFailed, match="nothing-here"):
        tools.run("dpkg-deb", "-x", "nothing-here.deb", "/tmp")


def test_a_package_is_read_without_unpacking_it_on_disk(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "usr/lib/x").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        "Package: p\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: d\n"
    )
    (root / "usr/lib/x/libz.so.1.2").write_bytes(b"library")
    (root / "usr/lib/x/libz.so.1").symlink_to("libz.so.1.2")
    (root / "usr/other").write_bytes(b"other")
    file = tmp_path / "p.deb"
    subprocess.run(["dpkg-deb", "-b", str(root), str(file)], check=True, capture_output=True)
    found = packages.contents(file, lambda path: path.startswith("lib/"))
    assert found == {"lib/x/libz.so.1.2": b"library", "lib/x/libz.so.1": b"library"}


def test_the_command_says_what_is_wrong_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_target: Path, _cache: Path) -> None:
        raise BuildFailed("The package lists know no kernel.")

    monkeypatch.setattr(build_command, "build", fail)
    target = tmp_path / "x.img"
    result = CliRunner().invoke(build_command.command, ["-o", str(target)])
    assert result.exit_code == 1
    assert "know no kernel" in result.output
    assert not target.exists()
