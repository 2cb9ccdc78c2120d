"""The files of a mounted image: whatever its links say, no path leads out of it."""

import os
import stat
import time
from pathlib import Path

from synnefo.node.image_deploy.helper.report import Refused

_LINKS = 40
_BIGGEST = 8 * 1024 * 1024


class Tree:
    """A directory that is the root of an image. Paths are those that the image's owner knows."""

    def __init__(self, top: Path, owner: tuple[int, int] = (0, 0)) -> None:
        """Take a folder; what is made without saying whose it is gets an owner and a group."""
        self._top = top
        self._owner = owner

    def place(self, path: str) -> Path:
        """Tell where a path is here; links are followed as the image itself would.

        Refused: a link that climbs out of the root, or a chain of links that never ends.
        """
        waiting = _parts(path)[::-1]
        done: list[str] = []
        links = 0
        while waiting:
            part = waiting.pop()
            if part == "..":
                if not done:
                    raise Refused(f"{path} in the image points out of its root file system.")
                done.pop()
                continue
            here = self._top.joinpath(*done, part)
            if not here.is_symlink():
                done.append(part)
                continue
            links += 1
            if links > _LINKS:
                raise Refused(f"{path} in the image is a chain of links that never ends.")
            target = str(here.readlink())
            if target.startswith("/"):
                done = []
            waiting.extend(_parts(target)[::-1])
        return self._top.joinpath(*done)

    def is_file(self, path: str) -> bool:
        """Tell whether there is a plain file."""
        place = self.place(path)
        return place.exists() and stat.S_ISREG(place.lstat().st_mode)

    def is_folder(self, path: str) -> bool:
        """Tell whether there is a folder."""
        return self.place(path).is_dir()

    def exists(self, path: str) -> bool:
        """Tell whether there is anything."""
        return self.place(path).exists()

    def names(self, folder: str) -> list[str]:
        """List a folder; one that is not there is empty."""
        place = self.place(folder)
        return sorted(one.name for one in place.iterdir()) if place.is_dir() else []

    def read(self, path: str) -> str:
        """Read a plain file; what is no text in it comes back as it was when written."""
        place = self._plain(path)
        if place.stat().st_size > _BIGGEST:
            raise Refused(f"{path} in the image is larger than such a file can be.")
        return place.read_text(encoding="utf-8", errors="surrogateescape")

    def read_if_any(self, path: str) -> str:
        """Read a plain file; empty when it is not there."""
        return self.read(path) if self.exists(path) else ""

    def write(
        self,
        path: str,
        text: str | bytes,
        *,
        mode: int = 0o644,
        owner: tuple[int, int] | None = None,
    ) -> None:
        """Put a file there, whole; one that was there keeps its owner and mode."""
        place, owner = self.place(path), owner or self._owner
        if place.exists():
            facts = self._plain(path).stat()
            mode, owner = stat.S_IMODE(facts.st_mode), (facts.st_uid, facts.st_gid)
        self.make_folder(path.rpartition("/")[0] or "/")
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        scratch = place.with_name(f".{place.name}.snf-image"[:255])
        scratch.unlink(missing_ok=True)
        fd = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            os.fchown(fd, *owner)
            os.fchmod(fd, mode)
        scratch.replace(place)

    def make_folder(
        self, path: str, *, mode: int = 0o755, owner: tuple[int, int] | None = None
    ) -> None:
        """Have a folder and all above it; only those that were missing get the mode and owner."""
        place = self.place(path)
        missing = [one for one in (place, *place.parents) if not one.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            os.chown(folder, *(owner or self._owner))
            folder.chmod(mode)
        if not place.is_dir():
            raise Refused(f"{path} in the image is no folder.")

    def remove(self, path: str) -> None:
        """Take away a file, or the link of that name; never what a link points to."""
        folder, _, name = path.rpartition("/")
        place = self.place(folder or "/") / name
        if place.is_symlink() or place.is_file():
            place.unlink()

    def set_aside(self, path: str) -> None:
        """Keep what is there under the same name with the time behind it."""
        place = self.place(path)
        if place.exists():
            place.rename(place.with_name(f"{place.name}.bak.{time.strftime('%Y%m%d.%H%M%S')}"))

    def _plain(self, path: str) -> Path:
        place = self.place(path)
        if not place.exists():
            raise Refused(f"There is no {path} in the image.")
        if not stat.S_ISREG(place.lstat().st_mode):
            raise Refused(f"{path} in the image is no plain file.")
        return place


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]
