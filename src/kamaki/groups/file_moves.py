"""`kamaki file copy` and `kamaki file move`. Spec: kamaki 5.3."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import click

from kamaki.asking import as_session
from kamaki.errors import KamakiError
from kamaki.places import Place, Shelf, find, found, placed
from kamaki.session import Session

F = TypeVar("F", bound=Callable[..., Any])


def _targeted(command: F) -> F:
    """Add where to and how; shared by copying and moving."""
    for decorate in (
        click.option("--to-account", "-a", "--dst-account", metavar="UUID_OR_NAME"),
        click.option("--to-container", "-D", "--dst-container", metavar="NAME"),
        click.option("-r", "-R", "--recursive", is_flag=True, help="With everything below it."),
        click.option("-f", "--force", is_flag=True, help="Replace what is there."),
        click.option("--public", is_flag=True, help="Let everybody read it."),
        click.option("--content-type", help="What it is from now on."),
        placed,
    ):
        command = decorate(command)
    return command


@click.command()
@click.argument("source")
@click.argument("target", required=False)
@click.option("--object-version", "--source-version", default="", help="An older version.")
@_targeted
@as_session
def copy(session: Session, source: str, target: str | None, **asked: Any) -> None:
    """Copy a file, without sending its content."""
    _transfer(session, "COPY", (source, target), asked)


@click.command()
@click.argument("source")
@click.argument("target", required=False)
@_targeted
@as_session
def move(session: Session, source: str, target: str | None, **asked: Any) -> None:
    """Move a file, without sending its content."""
    _transfer(session, "MOVE", (source, target), asked)


COMMANDS = (copy, move)


def _transfer(session: Session, method: str, ends: tuple[str, str | None],
              asked: dict[str, Any]) -> None:  # fmt: skip
    shelf = Shelf(session)
    origin = find(session, ends[0], asked)
    goal = _goal(session, origin, ends[1], asked)
    _check(shelf, origin, goal, asked)
    headers = {
        "Destination": f"/{quote(goal.container, safe='')}/{quote(goal.name)}",
        "Destination-Account": goal.account,
    }
    for header, value in (
        ("X-Source-Version", asked.get("object_version")),
        ("X-Object-Public", "true" if asked["public"] else None),
        ("Content-Type", asked["content_type"]),
    ):
        headers |= {header: value} if value else {}
    query = {"delimiter": "/"} if asked["recursive"] else {}
    with found(origin):
        shelf.http(origin).call(method, origin.path, headers=headers, query=query)


def _goal(session: Session, origin: Place, target: str | None, asked: dict[str, Any]) -> Place:
    """Find where to; a target in an existing folder keeps the name."""
    account, container = asked["to_account"], asked["to_container"]
    if not target and not account and not container:
        raise click.UsageError("Say where to: DST, --to-container or --to-account.")
    place = find(
        session,
        target or origin.name,
        {"account": account or asked["account"], "container": container or origin.container},
    )
    is_inside = not place.name or place.name.endswith("/")
    return place.below(origin.name.rpartition("/")[2]) if is_inside else place


def _check(shelf: Shelf, origin: Place, goal: Place, asked: dict[str, Any]) -> None:
    if not asked["recursive"] and shelf.is_folder(origin):
        raise KamakiError(
            f"{origin} is a directory", details=["To take all of it, use -r or --recursive."]
        )
    if not asked["force"] and shelf.exists(goal):
        raise KamakiError(
            "Destination object exists", details=[str(goal), "To replace it, use -f or --force."]
        )
