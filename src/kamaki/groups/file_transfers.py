"""`kamaki file upload`, `download` and `cat`. Spec: kamaki 5.3, 7."""

import mimetypes
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from kamaki.asking import as_session
from kamaki.downloads import Download
from kamaki.errors import KamakiError
from kamaki.listing import is_folder, pages
from kamaki.output import Bar, say, size
from kamaki.places import FOLDERS, Place, Shelf, find, find_any, found, placed
from kamaki.session import Session
from kamaki.transfers import Grain, Options, Upload
from kamaki.waiting import no_bar

F = TypeVar("F", bound=Callable[..., Any])
THREADS = 5
PIECE = 256 * 1024
OCTETS = "application/octet-stream"
threads_option = click.option(
    "--threads", type=click.IntRange(1, 64), help=f"How many blocks at once; {THREADS}."
)


def threads_of(session: Session, asked: int | None) -> int:
    """Answer how many blocks travel at once."""
    told = session.choice.config.get("max_threads")
    return asked or (int(told) if told.isdigit() and int(told) else THREADS)


@click.command()
@click.argument("local", type=click.Path(exists=True))
@click.argument("remote", required=False)
@click.option("-f", "--force", is_flag=True, help="Replace what is there.")
@click.option("-r", "--recursive", is_flag=True, help="A folder with everything in it.")
@click.option("--content-type", help="What it is; guessed from its name.")
@click.option("--content-encoding", help="How it is packed.")
@click.option("--content-disposition", help="How browsers shall show it.")
@click.option("--read-permission", multiple=True, metavar="WHO", help="UUID, UUID:GROUP or *.")
@click.option("--write-permission", multiple=True, metavar="WHO", help="UUID, UUID:GROUP or *.")
@click.option("--public", is_flag=True, help="Let everybody read it.")
@click.option("--unchunked", is_flag=True, help="In one piece.")
@threads_option
@no_bar
@placed
@as_session
def upload(session: Session, local: str, remote: str | None, **asked: Any) -> None:  # fmt: skip
    """Upload a file, or with -r a folder; blocks that the cloud has already are not sent."""
    shelf, source = Shelf(session), Path(local)
    place = find_any(session, remote or "", asked)
    if source.is_dir():
        if not asked["recursive"]:
            raise KamakiError(
                f"{source} is a directory", details=["To upload all of it, use -r or --recursive."]
            )
        is_content = local.endswith((".", "/"))
        _upload_folder(shelf, source, place if is_content else place.below(source.name), asked)
    else:
        _upload_file(shelf, source, _target(shelf, source, place), asked)
    say("Upload completed")


def _target(shelf: Shelf, source: Path, place: Place) -> Place:
    """Keep the file's name in a container or folder, whose object may be there already."""
    if not place.name or place.name.endswith("/") or shelf.kind(place) in FOLDERS:
        return place.below(source.name)
    return place


def _upload_folder(shelf: Shelf, source: Path, place: Place, asked: dict[str, Any]) -> None:
    for root, folders, files in os.walk(source):
        folders.sort()
        inside = Path(root).relative_to(source).as_posix()
        here = place if inside == "." else place.below(inside)
        if here.name and shelf.kind(here) not in FOLDERS:
            say(f"remote: mkdir {here}")
            shelf.pithos(here).put_object(
                here.container, here.name.rstrip("/"), b"", content_type=FOLDERS[0]
            )
        for name in sorted(files):
            _upload_file(shelf, Path(root, name), here.below(name), asked)


def _upload_file(shelf: Shelf, source: Path, place: Place, asked: dict[str, Any]) -> None:
    guessed, _encoding = mimetypes.guess_type(source.name)
    options = Options(
        threads=threads_of(shelf.session, asked["threads"]),
        bar=not asked["no_bar"],
        force=asked["force"],
        content_type=asked["content_type"] or guessed or OCTETS,
        headers=_headers(asked),
    )
    send_file(shelf, source, place, options, unchunked=asked["unchunked"])


def _headers(asked: dict[str, Any]) -> dict[str, str]:
    people = {kind: ",".join(asked[f"{kind}_permission"]) for kind in ("read", "write")}
    sharing = ";".join(f"{kind}={who}" for kind, who in people.items() if who)
    told = {
        "X-Object-Sharing": sharing,
        "X-Object-Public": "true" if asked["public"] else "",
        "Content-Encoding": asked["content_encoding"] or "",
        "Content-Disposition": asked["content_disposition"] or "",
    }
    return {name: value for name, value in told.items() if value}


def send_file(shelf: Shelf, source: Path, place: Place, options: Options, *,
              unchunked: bool = False) -> None:  # fmt: skip
    """Upload one file to its place, into a container that is there and has room."""
    if place.container == shelf.session.default_container:
        shelf.pithos(place).put_container(place.container)
    head = shelf.head(Place(place.account, place.container))
    _check_room(head, source, place)
    say(f"{source} --> {place}")
    if not options.force and shelf.exists(place):
        raise KamakiError(
            f"Object {place} already exists", details=["To replace it, use -f or --force."]
        )
    receiver = shelf.pithos(place)
    if unchunked:
        with source.open("rb") as body:
            receiver.put_object(
                place.container, place.name, body, size=source.stat().st_size,
                content_type=options.content_type, headers=options.headers,
            )  # fmt: skip
        return
    Upload(source, place, receiver, receiver, grain_of(head), options).run()


def grain_of(head: dict[str, str]) -> Grain:
    """Tell how a container cuts objects into blocks."""
    return Grain(
        int(head.get("x-container-block-size") or Grain().size),
        head.get("x-container-block-hash") or Grain().kind,
    )


def _check_room(head: dict[str, str], source: Path, place: Place) -> None:
    """Refuse a file that the container's limit has no room for, before anything is sent."""
    limit = int(head.get("x-container-policy-quota") or 0)
    used, wanted = int(head.get("x-container-bytes-used") or 0), source.stat().st_size
    if limit and limit - used < wanted:
        raise KamakiError(
            f"Container {place.container} (limit({size(limit)}) - used({size(used)}))"
            f" < (size({size(wanted)}) of {source})",
            details=[f"kamaki container modify {place.container} --size-limit SIZE"],
        )


@click.command()
@click.argument("remote")
@click.argument("local", required=False)
@click.option("-f", "--resume", "force", is_flag=True, help="Go on with, or replace, a file.")
@click.option("--range", "part", metavar="X-Y", help="Some bytes of it only.")
@click.option("--object-version", default="", help="An older version.")
@click.option("-r", "--recursive", is_flag=True, help="A folder with everything in it.")
@threads_option
@no_bar
@placed
@as_session
def download(session: Session, remote: str, local: str | None, **asked: Any) -> None:  # fmt: skip
    """Download a file, or with -r a folder; with -f only the blocks that differ are fetched."""
    shelf = Shelf(session)
    place = find_any(session, remote, asked)
    goal = Path(local or ".")
    if asked["recursive"]:
        for one, file in _below(shelf, place, goal):
            _fetch(shelf, one, file, asked)
    elif not place.name:
        raise KamakiError(f"{place} is a container", details=["Use -r or --recursive."])
    else:
        name = place.name.rstrip("/").rpartition("/")[2]
        _fetch(shelf, place, goal / name if goal.is_dir() else goal, asked)
    say("Download completed")


def _below(shelf: Shelf, place: Place, goal: Path) -> Iterator[tuple[Place, Path]]:
    """Give every file of a folder, and make the local folders."""
    stem = f"{place.name.rstrip('/')}/" if place.name else ""
    top = Place(place.account, place.container)
    for row in pages(shelf.http(place), top, {"prefix": stem}, number=None):
        file = goal / row["name"][len(stem) :].lstrip("/")
        if goal.resolve() not in (file.resolve(), *file.resolve().parents):
            raise KamakiError(f"{row['name']} would lie outside of {goal}")
        (file if is_folder(row) else file.parent).mkdir(parents=True, exist_ok=True)
        if not is_folder(row):
            yield Place(place.account, place.container, row["name"]), file


def _fetch(shelf: Shelf, place: Place, file: Path, asked: dict[str, Any]) -> None:
    version = asked["object_version"]
    head = shelf.head(place, **({"version": version} if version else {}))
    if head.get("content-type") in FOLDERS:
        raise KamakiError(f"{place} is a directory", details=["Use -r or --recursive."])
    say(f"{place} --> {file}")
    if asked["part"]:
        _fetch_part(shelf, place, file, asked)
        return
    options = Options(
        threads_of(shelf.session, asked["threads"]), not asked["no_bar"], asked["force"]
    )
    version = version or head.get("x-object-version", "")
    Download(place, version, file, shelf.pithos(place), options).run()


def _fetch_part(shelf: Shelf, place: Place, file: Path, asked: dict[str, Any]) -> None:
    if file.exists() and not asked["force"]:
        raise KamakiError(f"{file} already exists", details=["To replace it, use -f."])
    with file.open("wb") as out:
        for piece in _stream(shelf, place, asked):
            out.write(piece)


def _stream(shelf: Shelf, place: Place, asked: dict[str, Any]) -> Iterator[bytes]:
    headers = {"Range": f"bytes={asked['part']}"} if asked["part"] else {}
    query = {"version": asked["object_version"]} if asked["object_version"] else {}
    with (
        found(place),
        shelf.http(place).stream("GET", place.path, headers=headers, query=query) as answer,
    ):
        size_told = int(answer.headers.get("Content-Length") or 0)
        bar = Bar(place.name, size_told, shown=not asked["no_bar"])
        for piece in answer.chunks(PIECE):
            yield piece
            bar.add(len(piece))
        bar.end()


@click.command()
@click.argument("path")
@click.option("--range", "part", metavar="X-Y", help="Some bytes of it only.")
@click.option("--object-version", default="", help="An older version.")
@placed
@as_session
def cat(session: Session, path: str, **asked: Any) -> None:
    """Print a file."""
    place = find(session, path, asked)
    for piece in _stream(Shelf(session), place, {**asked, "no_bar": True}):
        sys.stdout.buffer.write(piece)


COMMANDS = (upload, download, cat)
