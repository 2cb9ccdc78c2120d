"""Looking at both sides: which files are where, and what they contain."""

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from kamaki.places import FOLDERS, Place
from kamaki.sync.plan import FOLDER, Side
from kamaki.sync.state import PLACE, Known
from kamaki.transfers import Grain
from synnefo.clients.pithos import PAGE
from synnefo.clients.pithos_shapes import ListedObject
from synnefo.wire.hashmaps import merkle_root

_LONGEST = 255


class Lister(Protocol):
    """The part of a storage client that lists."""

    def list_objects(
        self, container: str, *, prefix: str, marker: str, limit: int
    ) -> list[ListedObject]:
        """List one page, in name order."""


class Local:
    """The local folder, read without following links."""

    def __init__(self, folder: Path, grain: Grain, known: Mapping[str, Known]) -> None:
        self.folder = folder
        self.skipped: list[str] = []
        self._grain = grain
        self._known = known

    def look(self) -> dict[str, Side]:
        """Tell what every file contains; what is untouched since last time is not read."""
        found: dict[str, Side] = {}
        fresh: list[tuple[str, Path, str]] = []
        for path, entry in self._walk(self.folder, ""):
            if entry.is_dir(follow_symlinks=False):
                found[path] = Side(FOLDER)
                continue
            mark = mark_of(entry.stat(follow_symlinks=False))
            known = self._known.get(path)
            if known is not None and known.mark == mark:
                found[path] = Side(known.content, mark)
            else:
                fresh.append((path, Path(entry.path), mark))
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            contents = pool.map(lambda one: self._content(one[1]), fresh)
            for (path, _file, mark), content in zip(fresh, contents, strict=True):
                if content:
                    found[path] = Side(content, mark)
        return found

    def _content(self, file: Path) -> str:
        try:
            return content_of(file, self._grain)
        except OSError as error:
            self.skipped.append(f"{file}: {error.strerror}")
            return ""

    def _walk(self, folder: Path, stem: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                path = stem + entry.name
                if path == PLACE:
                    continue
                is_folder = entry.is_dir(follow_symlinks=False)
                if not is_told(path) or not (is_folder or entry.is_file(follow_symlinks=False)):
                    self.skipped.append(f"{path!r}: neither a file nor a folder, or a bad name")
                    continue
                yield path, entry
                if is_folder:
                    yield from self._walk(Path(entry.path), f"{path}/")


def is_told(path: str) -> bool:
    """Tell whether a path can be the same on both sides."""
    parts = path.split("/")
    has_good_parts = all(part not in {"", ".", ".."} for part in parts)
    if not has_good_parts or parts[0] == PLACE or "\0" in path:
        return False
    try:
        return all(len(part.encode()) <= _LONGEST for part in parts)
    except UnicodeEncodeError:
        return False


def mark_of(told: os.stat_result) -> str:
    """Write what changes when a file is written to or replaced."""
    return f"{told.st_size}:{told.st_mtime_ns}:{told.st_ino}"


def content_of(file: Path, grain: Grain) -> str:
    """Name a file's content by its blocks and its size. Spec: object-storage 15.2."""
    names, size = [], 0
    with file.open("rb") as source:
        while block := source.read(grain.size):
            names.append(grain.name(block))
            size += len(block)
    return f"{merkle_root(names)}:{size}"


def there(lister: Lister, place: Place, skipped: list[str]) -> dict[str, Side]:
    """List the folder in the cloud, page by page to its end; folders need no objects."""
    stem = f"{place.name.rstrip('/')}/" if place.name else ""
    found: dict[str, Side] = {}
    for row in _rows(lister, place.container, stem):
        path = row.name[len(stem) :].rstrip("/")
        if not path:
            continue
        if not is_told(path):
            skipped.append(f"{row.name!r}: no name for a local file")
            continue
        is_folder = row.content_type.partition(";")[0] in FOLDERS
        found[path] = Side(FOLDER if is_folder else f"{row.merkle}:{row.size}")
    for path in list(found):
        for parent in _parents(path):
            found.setdefault(parent, Side(FOLDER))
    return found


def _rows(lister: Lister, container: str, stem: str) -> Iterable[ListedObject]:
    marker = ""
    while page := lister.list_objects(container, prefix=stem, marker=marker, limit=PAGE):
        yield from (row for row in page if row.name)
        marker = page[-1].name


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
