"""`kamaki file`: listing, showing, changing; the other commands have modules of their own.

Spec: kamaki 5.3.
"""

from typing import Any
from urllib.parse import quote

import click

from kamaki.asking import as_session, filtered, formatted, keep
from kamaki.errors import KamakiError
from kamaki.groups import file_moves, file_sync, file_transfers
from kamaki.listing import numbered, pages, show_container, show_file, without_doubles
from kamaki.output import emit, emit_json, say
from kamaki.places import Place, Shelf, ask, find, find_any, found, missing, placed
from kamaki.session import Session
from kamaki.values import pair_option

META = "x-object-meta-"
SHOWN = ("x-object-", "content-", "etag", "last-modified", "x-timestamp")
FOLDER = "application/directory"


@click.group()
def group() -> None:
    """Files: upload, download, list, delete."""


for command in (*file_transfers.COMMANDS, *file_moves.COMMANDS, *file_sync.COMMANDS):
    group.add_command(command)


@group.command("list")
@click.argument("path", required=False, default="")
@click.option("-l", "--list", "is_detailed", is_flag=True, help="Everything about each.")
@click.option("-n", "--number", type=int, help="At most so many.")
@click.option("--marker", default="", help="Begin after this name.")
@click.option("--delimiter", help="Roll up what follows this; / unless recursive.")
@click.option("-r", "--recursive", is_flag=True, help="With everything in the folders.")
@click.option("--meta", default="", help="Only files with this metadata.")
@click.option("--shared-by-me", "--shared", "shared", is_flag=True, help="What I share.")
@click.option("--public", is_flag=True, help="What is public.")
@click.option("--enumerate", "enumerate_", is_flag=True, help="Number the lines.")
@placed
@filtered
@formatted
@as_session
def list_files(session: Session, path: str, **asked: Any) -> None:  # fmt: skip
    """List files of the default container, of /CONTAINER, or of a folder /CONTAINER/PATH."""
    if not path and not asked["container"] and session.choice.config.old_keys():
        _list_containers(session, asked)
        return
    place = find_any(session, path, asked)
    rows = keep(_listed(session, place, asked), **asked)
    if asked["output_format"] == "json":
        emit_json(rows)
        return
    for index, row in enumerate(rows, 1):
        numbered(index, enumerate_=asked["enumerate_"])
        show_file(dict(row), is_detailed=asked["is_detailed"])


def _list_containers(session: Session, asked: dict[str, Any]) -> None:
    """List containers, as the command did when it had no other word for it. Spec: kamaki 9.2."""
    owner = Place(session.owner(asked["account"]), "")
    rows = pages(Shelf(session).http(owner), None, {}, number=asked["number"])
    if asked["output_format"] == "json":
        emit_json(rows)
        return
    for row in rows:
        show_container(row, is_detailed=asked["is_detailed"])


def _listed(session: Session, place: Place, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """List what is in a folder, or the one file that is there."""
    query: dict[str, str | int] = {key: "" for key in ("shared", "public") if asked[key]}
    query |= {key: asked[key] for key in ("marker", "meta") if asked[key]}
    delimiter = asked["delimiter"] or ("" if asked["recursive"] else "/")
    http, stem = Shelf(session).http(place), place.name.rstrip("/")
    top = Place(place.account, place.container)
    inside = {**query, "prefix": f"{stem}/" if stem else "", "delimiter": delimiter}
    rows = pages(http, top, {k: v for k, v in inside.items() if v or k in query},
                 number=asked["number"])  # fmt: skip
    if rows or not place.name:
        return without_doubles(rows)
    alone = pages(http, top, {"prefix": stem}, number=1)
    if not alone or alone[0].get("name") != stem:
        raise missing(place)
    return alone


@group.command()
@click.argument("path")
@click.option("--object-version", default="", help="An older version.")
@click.option("--hashmap", is_flag=True, help="The blocks that it is made of.")
@click.option("--metadata", is_flag=True, help="Only what was noted on it.")
@click.option("--sharing", is_flag=True, help="Only who may read and write it.")
@click.option("--object-versions", is_flag=True, help="All its versions.")
@placed
@formatted
@as_session
def info(session: Session, path: str, **asked: Any) -> None:  # fmt: skip
    """Show a file."""
    place = find(session, path, asked)
    emit(_known(Shelf(session), place, asked), asked["output_format"])


def _known(shelf: Shelf, place: Place, asked: dict[str, Any]) -> Any:
    version = {"version": asked["object_version"]} if asked["object_version"] else {}
    if asked["hashmap"] or asked["object_versions"]:
        query = {"hashmap": "", **version} if asked["hashmap"] else {"version": "list"}
        with found(place):
            return shelf.http(place).read(
                "GET", place.path, dict[str, Any], query={"format": "json", **query}
            )
    head = shelf.head(place, **version)
    if asked["metadata"]:
        return {key[len(META) :]: value for key, value in head.items() if key.startswith(META)}
    if asked["sharing"]:
        return sharing_of(head)
    return {key: value for key, value in head.items() if key.startswith(SHOWN)}


def sharing_of(head: dict[str, str]) -> dict[str, list[str]]:
    """Read who may read and write a file."""
    words = [one for one in head.get("x-object-sharing", "").split(";") if "=" in one]
    told = dict(word.strip().split("=", 1) for word in words)
    return {key: told[key].split(",") for key in ("read", "write") if told.get(key)}


@group.command()
@click.argument("path")
@click.option("--read-permission", multiple=True, metavar="WHO", help="UUID, UUID:GROUP or *.")
@click.option("--write-permission", multiple=True, metavar="WHO", help="UUID, UUID:GROUP or *.")
@click.option("--no-permissions", is_flag=True, help="Share it with nobody.")
@pair_option("--metadata-add", told="A note to be made or changed.")
@click.option("--metadata-del", multiple=True, metavar="KEY", help="A note to be removed.")
@placed
@as_session
def modify(session: Session, path: str, **asked: Any) -> None:  # fmt: skip
    """Change who may use a file, and what is noted on it."""
    place = find(session, path, asked)
    shelf = Shelf(session)
    notes = asked["metadata_add"] | dict.fromkeys(asked["metadata_del"], "")
    headers = {f"X-Object-Meta-{quote(k)}": quote(v, safe=" /:,;=@") for k, v in notes.items()}
    if asked["no_permissions"]:
        headers["X-Object-Sharing"] = "~"
    elif asked["read_permission"] or asked["write_permission"]:
        headers["X-Object-Sharing"] = _permissions(sharing_of(shelf.head(place)), asked)
    if not headers:
        raise click.UsageError("Missing required arguments: say what to change.")
    with found(place):
        shelf.http(place).call("POST", place.path, query={"update": ""}, headers=headers)


def _permissions(held: dict[str, list[str]], asked: dict[str, Any]) -> str:
    """Add people to those who may read and write already."""
    told = []
    for kind in ("read", "write"):
        people = sorted({*held.get(kind, []), *asked[f"{kind}_permission"]})
        told += [f"{kind}={','.join(people)}"] if people else []
    return ";".join(told)


@group.command()
@click.argument("path")
@placed
@as_session
def publish(session: Session, path: str, **asked: Any) -> None:
    """Let everybody who has the address read a file; prints the address."""
    place = find(session, path, asked)
    with found(place):
        url = session.pithos(place.account).set_public(place.container, place.name, public=True)
    click.echo(url)


@group.command()
@click.argument("path")
@placed
@as_session
def unpublish(session: Session, path: str, **asked: Any) -> None:
    """Withdraw a file's address."""
    place = find(session, path, asked)
    with found(place):
        session.pithos(place.account).set_public(place.container, place.name, public=False)


@group.command()
@click.argument("path")
@click.option("--content-type", help="What it is, such as text/plain.")
@placed
@as_session
def create(session: Session, path: str, content_type: str | None, **asked: Any) -> None:
    """Make an empty file. A bare word makes a container, as it did before."""
    bare = not {"/", ":"} & set(path) and not content_type and not asked["container"]
    if bare and session.choice.config.get("legacy_syntax") != "off":
        is_new = session.pithos(session.owner(asked["account"])).put_container(path)
        say(f"Container {path} {'created' if is_new else 'already exists'}")
        return
    place = find(session, path, asked)
    _make(session, place, content_type or "application/octet-stream")


@group.command()
@click.argument("path")
@placed
@as_session
def mkdir(session: Session, path: str, **asked: Any) -> None:
    """Make a directory."""
    _make(session, find(session, path, asked), FOLDER)


def _make(session: Session, place: Place, content_type: str) -> None:
    name = place.name.rstrip("/")
    if not name:
        raise KamakiError(f"{place} names no file")
    with found(Place(place.account, place.container)):
        session.pithos(place.account).put_object(
            place.container, name, b"", content_type=content_type
        )


@group.command()
@click.argument("path")
@click.option("--until", help="Forget versions until this time, in seconds since 1970.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("-r", "--recursive", is_flag=True, help="With everything below it.")
@click.option("--delimiter", help="Everything whose name goes on with this.")
@placed
@as_session
def delete(session: Session, path: str, **asked: Any) -> None:  # fmt: skip
    """Delete a file, or with -r a folder."""
    place = find(session, path, asked)
    shelf, query = Shelf(session), {"until": asked["until"]} if asked["until"] else {}
    if not place.name:
        raise KamakiError(f"{place} is a container", details=["kamaki container delete NAME"])
    ask(f"Delete {place}?", yes=asked["yes"])
    delimiter = asked["delimiter"] or ("/" if asked["recursive"] else "")
    query |= {"delimiter": delimiter} if delimiter else {}
    with found(place):
        shelf.http(place).call("DELETE", place.path, query=query)
