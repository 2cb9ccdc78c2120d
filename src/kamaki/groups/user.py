"""`kamaki user`. Spec: kamaki 5.2."""

from typing import Any

import click

from kamaki.asking import as_session, formatted
from kamaki.errors import KamakiError
from kamaki.output import emit
from kamaki.session import Session

Catalogs = dict[str, dict[str, str]]


@click.group()
def group() -> None:
    """Who I am, in this cloud."""


@group.command()
@click.argument("token", required=False)
@formatted
@as_session
def authenticate(session: Session, token: str | None, output_format: str | None) -> None:
    """Sign in with a token, and show what the cloud answers."""
    emit(session.authenticate(token or session.token), output_format)


@group.command()
@click.option("--uuid", help="Somebody else, by uuid.")
@click.option("--username", help="Somebody else, by name.")
@formatted
@as_session
def info(session: Session, output_format: str | None, **asked: Any) -> None:
    """Show the current user, or who somebody is."""
    if not asked["uuid"] and not asked["username"]:
        emit(session.access["user"], output_format)
        return
    kind, named = ("uuids", asked["uuid"]) if asked["uuid"] else (NAMES, asked["username"])
    ((uuid, name),) = _pairs(kind, _known(session, kind, (named,)))
    emit({"id": uuid, "name": name}, output_format)


@group.command("uuid2name")
@click.argument("uuids", nargs=-1, required=True)
@formatted
@as_session
def uuid2name(session: Session, uuids: tuple[str, ...], output_format: str | None) -> None:
    """Tell the names of users."""
    emit(_known(session, "uuids", uuids), output_format)


@group.command("name2uuid")
@click.argument("names", nargs=-1, required=True)
@formatted
@as_session
def name2uuid(session: Session, names: tuple[str, ...], output_format: str | None) -> None:
    """Tell the uuids of users."""
    emit(_known(session, NAMES, names), output_format)


NAMES = "displaynames"


def _known(session: Session, kind: str, asked: tuple[str, ...]) -> dict[str, str]:
    """Look users up in the catalogue, by `uuids` or by `displaynames`."""
    body = {kind: list(asked)}
    found = session.account.read("POST", "/user_catalogs", Catalogs, body=body)
    known = found["uuid_catalog" if kind == "uuids" else "displayname_catalog"]
    missing = [one for one in asked if one not in known]
    if missing:
        raise KamakiError(f"No user is known as {', '.join(missing)}")
    return known


def _pairs(kind: str, known: dict[str, str]) -> list[tuple[str, str]]:
    """Give uuids with their names, whichever was asked for."""
    return [(key, value) if kind == "uuids" else (value, key) for key, value in known.items()]
