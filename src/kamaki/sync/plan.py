"""What has to be done so that two sides become the same again. Pure: nothing is touched here.

Three things are compared for each path: what is here, what is there, and what both had when they
were last the same.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

FOLDER = "folder"
"""Stands for the content of a folder."""


class Deed(StrEnum):
    """One thing to do with a path."""

    NOTE = "note"
    UPLOAD = "upload"
    DOWNLOAD = "download"
    DELETE_HERE = "delete here"
    DELETE_THERE = "delete there"
    MOVE_HERE = "move here"
    MOVE_THERE = "move there"
    KEEP_BOTH = "keep both"
    LEAVE = "leave"
    FORGET = "forget"


class Side(msgspec.Struct, frozen=True):
    """A file or folder on one side: `content` is its root hash and size, or `FOLDER`."""

    content: str
    mark: str = ""
    """Here what tells that the file is untouched, there the version."""


class Step(msgspec.Struct, frozen=True):
    """A deed with a path, and for a move where to."""

    deed: Deed
    path: str
    to: str = ""
    why: str = ""


class Views(msgspec.Struct, frozen=True):
    """Both sides now, and what both were like."""

    here: Mapping[str, Side]
    there: Mapping[str, Side]
    before: Mapping[str, str]


def steps(views: Views, *, deletes: bool) -> list[Step]:
    """Plan: folders before what is in them, deletions last and from the bottom up."""
    moves = _moves(views)
    settled = {path for step in moves for path in (step.path, step.to)}
    paths = sorted({*views.here, *views.there, *views.before} - settled)
    planned = [step for path in paths for step in _step(views, path, deletes=deletes)]
    last = (Deed.DELETE_HERE, Deed.DELETE_THERE)
    first = [step for step in planned if step.deed not in last]
    final = [step for step in reversed(planned) if step.deed in last]
    return [*moves, *first, *final]


def _step(views: Views, path: str, *, deletes: bool) -> Iterator[Step]:
    here, there = views.here.get(path), views.there.get(path)
    before = views.before.get(path)
    now_here = here.content if here else None
    now_there = there.content if there else None
    if now_here == now_there:
        if now_here is None:
            yield Step(Deed.FORGET, path)
        elif now_here != before:
            yield Step(Deed.NOTE, path)
    elif FOLDER in {now_here, now_there} and now_here and now_there:
        yield Step(Deed.LEAVE, path, why="it is a folder on one side and a file on the other")
    elif now_there == before:
        yield _carry(path, Deed.UPLOAD, Deed.DELETE_THERE, gone=here is None, deletes=deletes)
    elif now_here == before:
        yield _carry(path, Deed.DOWNLOAD, Deed.DELETE_HERE, gone=there is None, deletes=deletes)
    else:
        yield _both_changed(path, here, there)


def _carry(path: str, change: Deed, removal: Deed, *, gone: bool, deletes: bool) -> Step:
    """Carry one side's change to the other; what is gone goes only where that is wanted."""
    if not gone:
        return Step(change, path)
    if deletes:
        return Step(removal, path)
    side = "here" if removal is Deed.DELETE_THERE else "there"
    return Step(Deed.LEAVE, path, why=f"it was deleted {side}; --delete deletes it on both sides")


def _both_changed(path: str, here: Side | None, there: Side | None) -> Step:
    """Never lose a change: what was deleted on one side and changed on the other comes back."""
    if here is None:
        return Step(Deed.DOWNLOAD, path, why="it was deleted here and changed there")
    if there is None:
        return Step(Deed.UPLOAD, path, why="it was deleted there and changed here")
    return Step(Deed.KEEP_BOTH, path, why="it was changed on both sides")


def _moves(views: Views) -> list[Step]:
    """Find files that have another name on one side and are the same as before on the other."""
    moved: list[Step] = []
    for ours, theirs, deed in (
        (views.here, views.there, Deed.MOVE_THERE),
        (views.there, views.here, Deed.MOVE_HERE),
    ):
        gone = {
            content: path
            for path, content in views.before.items()
            if path not in ours and path in theirs and theirs[path].content == content != FOLDER
        }
        for path in sorted(ours):
            content = ours[path].content
            is_new = path not in views.before and path not in theirs
            if is_new and content in gone and not _is_empty(content):
                moved.append(Step(deed, gone.pop(content), to=path))
    return moved


def _is_empty(content: str) -> bool:
    return content.endswith(":0")


def deletions(planned: list[Step]) -> int:
    """Count what would be deleted."""
    return sum(step.deed in {Deed.DELETE_HERE, Deed.DELETE_THERE} for step in planned)
