"""Doing what was planned, so that a stop at any moment loses nothing.

A file takes its place by one rename, and only if nobody touched what is there since it was looked
at; an object is replaced only if it still is what was listed. What changes in between is left to
the next round. Nothing is noted before it is true on both sides.
"""

import contextlib
import hashlib
import mimetypes
import os
import shutil
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import msgspec

from kamaki.downloads import Download
from kamaki.errors import KamakiError
from kamaki.places import FOLDERS, Place
from kamaki.sync.plan import FOLDER, Deed, Step, Views
from kamaki.sync.sides import content_of, mark_of
from kamaki.sync.state import State
from kamaki.transfers import Grain, Options, Upload
from synnefo.clients.pithos import OCTETS, PithosClient
from synnefo.kit import clock
from synnefo.kit.faults import Fault, ItemNotFound, PreconditionFailed


class Raced(Exception):
    """Something changed since it was looked at; the next round sees it anew."""


class Pair(msgspec.Struct, frozen=True):
    """The two folders."""

    folder: Path
    place: Place
    client: PithosClient
    grain: Grain
    threads: int = 5


class Deeds:
    """Carries out the steps of one plan."""

    def __init__(self, pair: Pair, state: State, views: Views) -> None:
        self._pair = pair
        self._state = state
        self._views = views
        self._doers: Mapping[Deed, Callable[[Step], None]] = {
            Deed.NOTE: self._note,
            Deed.FORGET: lambda step: state.forget(step.path),
            Deed.LEAVE: lambda _step: None,
            Deed.UPLOAD: self._upload,
            Deed.DOWNLOAD: self._download,
            Deed.DELETE_HERE: self._delete_here,
            Deed.DELETE_THERE: self._delete_there,
            Deed.MOVE_HERE: self._move_here,
            Deed.MOVE_THERE: self._move_there,
            Deed.KEEP_BOTH: self._keep_both,
        }

    def do(self, step: Step) -> None:
        """Do one step; Raced when what it was planned for is no more."""
        try:
            self._doers[step.deed](step)
        except (FileNotFoundError, FileExistsError, NotADirectoryError, ItemNotFound) as error:
            raise Raced(f"{step.path}: {error}") from error
        except PreconditionFailed as error:
            raise Raced(f"{step.path} was changed there") from error
        except KamakiError as error:
            if isinstance(error.__cause__, (PreconditionFailed, ItemNotFound)):
                raise Raced(f"{step.path} was changed there") from error
            raise

    def _file(self, path: str) -> Path:
        return self._pair.folder / path

    def _place(self, path: str) -> Place:
        return self._pair.place.below(path)

    def _require_here(self, path: str) -> None:
        """Refuse when the local file is not what was looked at."""
        seen, file = self._views.here.get(path), self._file(path)
        if seen is None:
            if os.path.lexists(file):
                raise Raced(f"{path} has just appeared here")
        elif seen.content == FOLDER:
            if not file.is_dir() or file.is_symlink():
                raise Raced(f"{path} is no folder any more")
        elif mark_of(file.lstat()) != seen.mark:
            raise Raced(f"{path} was changed here")

    def _note(self, step: Step) -> None:
        here = self._views.here[step.path]
        self._state.note(step.path, here.content, here.mark)

    def _upload(self, step: Step) -> None:
        here, there = self._views.here[step.path], self._views.there.get(step.path)
        self._require_here(step.path)
        if here.content == FOLDER:
            self._make_folder_there(step.path)
        else:
            root = there.content.partition(":")[0] if there else ""
            self._send(step.path, root)
            self._require_here(step.path)
        self._state.note(step.path, here.content, here.mark)

    def _make_folder_there(self, path: str) -> None:
        place = self._place(path)
        with contextlib.suppress(PreconditionFailed):
            self._pair.client.put_object(
                place.container,
                place.name,
                b"",
                content_type=FOLDERS[0],
                headers={"If-None-Match": "*"},
            )

    def _send(self, path: str, root: str = "") -> None:
        """Upload a file as a new object, or over the one that has a root hash."""
        pair, place = self._pair, self._place(path)
        guessed, _encoding = mimetypes.guess_type(place.name)
        headers = {"If-None-Match": "*"}
        if root:
            head = pair.client.head_object(place.container, place.name)
            guessed = head.content_type or guessed
            headers = {"If-Match": root, **_noted(head.metadata)}
        options = Options(
            threads=pair.threads,
            bar=False,
            force=True,
            content_type=guessed or OCTETS,
            headers=headers,
        )
        Upload(self._file(path), place, pair.client, pair.client, pair.grain, options).run()

    def _download(self, step: Step) -> None:
        there, file = self._views.there[step.path], self._file(step.path)
        if there.content == FOLDER:
            file.mkdir(exist_ok=True)
            self._state.note(step.path, FOLDER, "")
            return
        made = self._fetch(step.path, there.content)
        self._require_here(step.path)
        file.parent.mkdir(parents=True, exist_ok=True)
        made.replace(file)
        _sync_folder(file.parent)
        self._state.note(step.path, there.content, mark_of(file.lstat()))

    def _fetch(self, path: str, content: str) -> Path:
        """Make the file that is there aside, out of what is here and of what must travel."""
        made = self._state.incoming / hashlib.sha256(f"{content} {path}".encode()).hexdigest()
        if path in self._views.here and not made.exists():
            shutil.copyfile(self._file(path), made)
        place, pair = self._place(path), self._pair
        version = pair.client.head_object(place.container, place.name).version
        options = Options(threads=pair.threads, bar=False, force=True)
        Download(place, version, made, pair.client, options).run()
        if content_of(made, pair.grain) != content:
            made.unlink()
            raise Raced(f"{path} was changed there")
        with made.open("rb") as file:
            os.fsync(file.fileno())
        return made

    def _delete_here(self, step: Step) -> None:
        self._require_here(step.path)
        file = self._file(step.path)
        if self._views.here[step.path].content == FOLDER:
            try:
                file.rmdir()
            except OSError as error:
                raise Raced(f"{step.path} is not empty") from error
        else:
            kept = self._state.trash / f"{clock.now():%Y-%m-%d}" / step.path
            kept.parent.mkdir(parents=True, exist_ok=True)
            file.replace(_free(kept))
        self._state.forget(step.path)

    def _delete_there(self, step: Step) -> None:
        place, there = self._place(step.path), self._views.there[step.path]
        if os.path.lexists(self._file(step.path)):
            raise Raced(f"{step.path} has just appeared here")
        with contextlib.suppress(ItemNotFound):
            head = self._pair.client.head_object(place.container, place.name)
            if there.content not in {FOLDER, f"{head.merkle}:{head.size}"}:
                raise Raced(f"{step.path} was changed there")
            self._pair.client.delete_object(place.container, place.name)
        self._state.forget(step.path)

    def _move_here(self, step: Step) -> None:
        self._require_here(step.path)
        self._require_here(step.to)
        target = self._file(step.to)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._file(step.path).rename(target)
        self._state.forget(step.path)
        self._state.note(step.to, self._views.there[step.to].content, mark_of(target.lstat()))

    def _move_there(self, step: Step) -> None:
        self._require_here(step.to)
        if os.path.lexists(self._file(step.path)):
            raise Raced(f"{step.path} is here again")
        old, new = self._place(step.path), self._place(step.to)
        client = self._pair.client
        head = client.head_object(old.container, old.name)
        here = self._views.here[step.to]
        if f"{head.merkle}:{head.size}" != here.content:
            raise Raced(f"{step.path} was changed there")
        client.move_object(old.container, old.name, to=(new.container, new.name))
        self._state.forget(step.path)
        self._state.note(step.to, here.content, here.mark)

    def _keep_both(self, step: Step) -> None:
        """Give the local file another name, and let both sides have both."""
        self._require_here(step.path)
        copy = _free(conflicted(self._file(step.path)))
        self._file(step.path).rename(copy)
        name = copy.relative_to(self._pair.folder).as_posix()
        content = self._views.here[step.path].content
        self._send(name)
        self._state.note(name, content, mark_of(copy.lstat()))
        views = msgspec.structs.replace(
            self._views,
            here={path: side for path, side in self._views.here.items() if path != step.path},
        )
        Deeds(self._pair, self._state, views).do(Step(Deed.DOWNLOAD, step.path))


def conflicted(file: Path) -> Path:
    """Name the copy of a file that was changed on both sides."""
    when = f"{clock.now():%Y-%m-%d %H.%M.%S}"
    return file.with_name(f"{file.stem} (conflict, {socket.gethostname()}, {when}){file.suffix}")


def _noted(metadata: Mapping[str, str]) -> dict[str, str]:
    """Keep what was noted on an object when its content is replaced."""
    return {
        f"X-Object-Meta-{quote(key, safe='-_')}": quote(value, safe="/=,:@; ")
        for key, value in metadata.items()
    }


def _free(file: Path) -> Path:
    """Answer a path that nothing has, near the wanted one."""
    found, number = file, 1
    while os.path.lexists(found):
        number += 1
        found = file.with_name(f"{file.stem} {number}{file.suffix}")
    return found


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


FAILURES = (Fault, KamakiError, OSError)
"""What one file may fail with while the others go on."""
