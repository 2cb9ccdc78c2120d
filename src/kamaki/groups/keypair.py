"""`kamaki keypair`. Spec: kamaki 5.5."""

from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from kamaki.asking import as_session, filtered, formatted, keep, known
from kamaki.errors import KamakiError
from kamaki.output import brief, emit, say
from kamaki.session import Session
from synnefo.kit import clock, ids
from synnefo.kit.faults import Conflict, ItemNotFound


@click.group()
def group() -> None:
    """Keys that let me into machines."""


@group.command("list")
@click.option("-l", "--details", is_flag=True, help="Everything about each.")
@filtered
@formatted
@as_session
def list_keys(session: Session, output_format: str | None, **asked: Any) -> None:
    """List key pairs."""
    found = session.compute.read("GET", "/os-keypairs", dict[str, Any])["keypairs"]
    rows = keep([one["keypair"] for one in found], **asked)
    if output_format != "json" and not asked["details"]:
        rows = brief(rows, ("name", "fingerprint"))
    emit(rows, output_format)


@group.command()
@click.argument("name")
@formatted
@as_session
def info(session: Session, name: str, output_format: str | None) -> None:
    """Show a key pair."""
    with known("keypair", name):
        found = session.compute.read("GET", f"/os-keypairs/{quote(name)}", dict[str, Any])
    emit(found["keypair"], output_format)


@group.command()
@click.option("--public-key", required=True, metavar="TEXT_OR_FILE", help="The key, or its file.")
@click.option("--key-name", help="How to call it.")
@click.option("-f", "--force", is_flag=True, help="Replace the key of that name.")
@formatted
@as_session
def upload(session: Session, public_key: str, **asked: Any) -> None:
    """Keep the public half of a key of mine."""
    file = Path(public_key).expanduser()
    is_file = len(public_key) < 4096 and " " not in public_key and file.is_file()
    text = file.read_text().strip() if is_file else public_key
    emit(_create(session, {"public_key": text}, asked), asked["output_format"])


@group.command()
@click.option("--key-name", help="How to call it.")
@click.option("-f", "--force", is_flag=True, help="Replace the key of that name.")
@formatted
@as_session
def generate(session: Session, **asked: Any) -> None:
    """Have a key pair made; its private half is shown now and never again."""
    found = _create(session, {}, asked)
    if asked["output_format"] == "json":
        emit(found, "json")
        return
    private = found.pop("private_key", "")
    emit(found, None)
    say("This is the private half. Keep it in a file that only you can read:")
    click.echo(private)


def _create(session: Session, key: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
    name = asked["key_name"] or _fresh_name()
    body = {"keypair": {"name": name, **key}}
    if asked["force"]:
        with suppress(ItemNotFound):
            session.compute.call("DELETE", f"/os-keypairs/{quote(name)}")
    try:
        found = session.compute.read("POST", "/os-keypairs", dict[str, Any], body=body)
    except Conflict as error:
        raise KamakiError(error.message, details=["To replace it, use -f or --force."]) from error
    made: dict[str, Any] = found["keypair"]
    return made


def _fresh_name() -> str:
    moment = clock.now().strftime("%m_%d_%H_%M_%S_%f")
    return f"kamaki-key_autogen_{moment}_{ids.new_uuid()[:8]}"


@group.command()
@click.argument("name")
@as_session
def delete(session: Session, name: str) -> None:
    """Forget a key pair."""
    with known("keypair", name):
        session.compute.call("DELETE", f"/os-keypairs/{quote(name)}")
