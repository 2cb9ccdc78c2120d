"""Debian packages: which ones, fetched once, opened without installing."""

import hashlib
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from synnefo.node.demo_image.tools import BuildFailed, run, tool

KERNEL = "linux-image-cloud-amd64"
PROGRAMS = ("busybox-static", "dropbear-bin", "e2fsprogs")


class Archive(msgspec.Struct, frozen=True):
    """A package as the index names it."""

    file_name: str
    sha256: str
    package: str


def fetch(cache: Path, programs: Sequence[str] = PROGRAMS) -> list[Path]:
    """Bring a kernel, programs and what they need into `cache`; answer their files.

    The network is asked for news only.

    The lists of the system are used where they are good, else lists of our own are fetched, so no
    root is needed and a stale host does no harm.
    """
    cache.mkdir(parents=True, exist_ok=True)
    for options in ((), _own_lists(cache)):
        try:
            if options:
                run("apt-get", *options, "update")
            return _download(options, cache, programs)
        except BuildFailed as failure:
            reason = failure
    raise reason


def _own_lists(cache: Path) -> tuple[str, ...]:
    lists, store = cache / "lists", cache / "apt"
    for folder in (lists / "partial", store / "archives" / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    return ("-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={store}")


def _download(options: Sequence[str], cache: Path, programs: Sequence[str]) -> list[Path]:
    wanted = _index(options, _needed(options, programs))
    missing = [a.package for a in wanted if not _is_good(cache / a.file_name, a.sha256)]
    if missing:
        run("apt-get", *options, "-o", "APT::Sandbox::User=", "download", *missing, folder=cache)
    for archive in wanted:
        if not _is_good(cache / archive.file_name, archive.sha256):
            raise BuildFailed(f"Package {archive.package} came with a wrong checksum; try again.")
    return [cache / archive.file_name for archive in wanted]


def _needed(options: Sequence[str], programs: Sequence[str]) -> list[str]:
    """Name the kernel of today, the programs and every library that they lean on."""
    kernels = run("apt-cache", *options, "depends", KERNEL).splitlines()
    names = [line.split()[-1] for line in kernels if "Depends:" in line]
    if not names:
        raise BuildFailed(f"The package lists know no {KERNEL}; is this a Debian of amd64?")
    quiet = [f"--no-{kind}" for kind in _IGNORED]
    found = run("apt-cache", *options, "depends", "--recurse", *quiet, *programs).splitlines()
    libraries = {name for name in found if name.startswith(("lib", "zlib"))}
    return sorted({names[0], *programs, *libraries})


_IGNORED = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")


def _index(options: Sequence[str], packages: Sequence[str]) -> list[Archive]:
    command = ("apt-get", *options, "download", "--print-uris", *packages)
    lines = [line.split() for line in run(*command).splitlines() if line.startswith("'")]
    return [
        Archive(fields[1], fields[3].removeprefix("SHA256:"), fields[1].partition("_")[0])
        for fields in lines
    ]


def _is_good(file: Path, sha256: str) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest() == sha256


def contents(package: Path, is_wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Read the wanted files of a package; symbolic links are followed inside the package.

    Paths are relative and without a leading `usr/`, whichever way the package has them.
    """
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    command = [tool("dpkg-deb"), "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for member, data in _members(process.stdout):
            path = member.name.removeprefix("./").removeprefix("usr/")
            if is_wanted(path) and member.issym():
                links[path] = str(PurePosixPath(path).parent / member.linkname)
            elif is_wanted(path) and data:
                files[path] = data.read()
    if process.returncode:
        raise BuildFailed(f"{package.name} cannot be unpacked.")
    found = {path: files[target] for path, target in links.items() if target in files}
    return files | found


def _members(stream: IO[bytes] | None) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """Walk a tar stream to its very end, so that its writer is not cut off."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            yield member, archive.extractfile(member) if member.isfile() else None
    if stream:
        stream.read()
