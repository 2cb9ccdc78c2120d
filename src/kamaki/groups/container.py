"""`kamaki container`. Spec: kamaki 5.3."""

import time
from typing import Any
from urllib.parse import quote

import click

from kamaki.asking import as_session, filtered, formatted, keep
from kamaki.listing import numbered, pages, show_container, show_file
from kamaki.output import emit, emit_json, say, size
from kamaki.places import Place, Shelf, ask, found
from kamaki.session import Session
from kamaki.values import SIZE, pair_option

META = "x-container-meta-"
account_option = click.option("-A", "--account", metavar="UUID_OR_NAME", help="Whose containers.")

versioning_option = click.option(
    "--versioning", type=click.Choice(["auto", "none"]), help="Keep old versions or not."
)


@click.group()
def group() -> None:
    """Containers of files."""


def _place(session: Session, container: str, account: str | None) -> Place:
    return Place(session.owner(account), container.strip("/"))


@group.command("list")
@click.argument("container", required=False)
@click.option("-l", "--list", "is_detailed", is_flag=True, help="Everything about each.")
@click.option("-n", "--number", type=int, help="At most so many.")
@click.option("--marker", default="", help="Begin after this name.")
@click.option("--shared", "--shared-by-me", "shared", is_flag=True, help="What I share.")
@click.option("--public", is_flag=True, help="What is public.")
@click.option("--enumerate", "enumerate_", is_flag=True, help="Number the lines.")
@click.option("-r", "--recursive", is_flag=True, help="With everything in them.")
@account_option
@filtered
@formatted
@as_session
def list_containers(session: Session, container: str | None, account: str | None,
                    **asked: Any) -> None:  # fmt: skip
    """List containers, or what is in one."""
    place = _place(session, container, account) if container else None
    owner = Place(session.owner(account), "")
    query = {key: "" for key in ("shared", "public") if asked[key]} | {"marker": asked["marker"]}
    if place and not asked["recursive"]:
        query["delimiter"] = "/"
    http = Shelf(session).http(place or owner)
    rows = keep(pages(http, place, query, number=asked["number"]), **asked)
    if asked["output_format"] == "json":
        emit_json(rows)
        return
    for index, row in enumerate(rows, 1):
        numbered(index, enumerate_=asked["enumerate_"])
        if place:
            show_file(dict(row), is_detailed=asked["is_detailed"])
            continue
        show_container(dict(row), is_detailed=asked["is_detailed"])
        if asked["recursive"]:
            for one in pages(http, Place(owner.account, str(row["name"])), {}, number=None):
                show_file(one, is_detailed=asked["is_detailed"])


@group.command()
@click.argument("container")
@click.option("--metadata", is_flag=True, help="Only what was noted on it.")
@click.option("--size-limit", is_flag=True, help="Only how much it may hold.")
@click.option("-b", "--bytes", "in_bytes", is_flag=True, help="Sizes in bytes.")
@account_option
@formatted
@as_session
def info(session: Session, container: str, account: str | None, **asked: Any) -> None:
    """Show a container."""
    head = Shelf(session).head(_place(session, container, account))
    told = {key: value for key, value in head.items() if key.startswith("x-container-")}
    human = not asked["in_bytes"] and asked["output_format"] != "json"
    for key in ("x-container-bytes-used", "x-container-policy-quota"):
        if human and told.get(key, "0") != "0":
            told[key] = size(int(told[key]))
    if asked["metadata"]:
        told = {key[len(META) :]: value for key, value in told.items() if key.startswith(META)}
    if asked["size_limit"]:
        limit = told.get("x-container-policy-quota", "0")
        told = {"size limit": "unlimited" if limit == "0" else limit}
    emit(told, asked["output_format"])


@group.command()
@click.argument("container")
@click.option(
    "--versioning", type=click.Choice(["auto", "none"]), help="Keep old versions or not."
)
@click.option("--limit", type=SIZE, help="How much it may hold.")
@pair_option("--meta", told="A note on it.")
@click.option("--project-id", help="Who pays.")
@as_session
def create(session: Session, container: str, **asked: Any) -> None:
    """Make a container."""
    place = _place(session, container, None)
    headers = _policy(asked["versioning"], asked["limit"])
    headers |= _notes(asked["meta"])
    if asked["project_id"]:
        headers["X-Container-Policy-Project"] = asked["project_id"]
    answer = Shelf(session).http(place).call("PUT", place.path, headers=headers)
    say(f"Container {container} {'created' if answer.status == 201 else 'already exists'}")


def _policy(versioning: str | None, limit: int | None) -> dict[str, str]:
    told = {"Versioning": versioning, "Quota": None if limit is None else str(limit)}
    return {f"X-Container-Policy-{key}": value for key, value in told.items() if value}


def _notes(pairs: dict[str, str]) -> dict[str, str]:
    return {f"X-Container-Meta-{quote(k)}": quote(v, safe=" /:,;=@") for k, v in pairs.items()}


@group.command()
@click.argument("container")
@pair_option("--metadata-add", told="A note to be made or changed.")
@click.option("--metadata-del", multiple=True, metavar="KEY", help="A note to be removed.")
@click.option("--size-limit", type=SIZE, help="How much it may hold; 0 is as much as it likes.")
@click.option(
    "--versioning", type=click.Choice(["auto", "none"]), help="Keep old versions or not."
)
@account_option
@formatted
@as_session
def modify(session: Session, container: str, account: str | None, **asked: Any) -> None:
    """Change how a container keeps files, and what is noted on it."""
    headers = _policy(asked["versioning"], asked["size_limit"])
    headers |= _notes(asked["metadata_add"] | dict.fromkeys(asked["metadata_del"], ""))
    _post(session, _place(session, container, account), headers)
    if asked["output_format"]:
        emit(Shelf(session).head(_place(session, container, account)), asked["output_format"])


@group.command()
@click.argument("container")
@click.option("--project-id", required=True, help="Who pays from now on.")
@as_session
def reassign(session: Session, container: str, project_id: str) -> None:
    """Let another project pay for a container."""
    headers = {"X-Container-Policy-Project": project_id}
    _post(session, _place(session, container, None), headers)


def _post(session: Session, place: Place, headers: dict[str, str]) -> None:
    if not headers:
        raise click.UsageError("Missing required arguments: say what to change.")
    with found(place):
        Shelf(session).http(place).call("POST", place.path, query={"update": ""}, headers=headers)


@group.command()
@click.argument("container")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("-r", "--recursive", is_flag=True, help="With everything in it.")
@account_option
@as_session
def delete(session: Session, container: str, account: str | None, **asked: Any) -> None:
    """Delete an empty container, or with -r all of it."""
    place = _place(session, container, account)
    ask(f"Delete container {place.container}?", yes=asked["yes"])
    http = Shelf(session).http(place)
    with found(place):
        if asked["recursive"]:
            http.call("DELETE", place.path, query={"delimiter": "/"})
            http.call("DELETE", place.path, query={"until": str(int(time.time()) + 1)})
        http.call("DELETE", place.path)


@group.command()
@click.argument("container")
@click.option("--yes", is_flag=True, help="Do not ask.")
@account_option
@as_session
def empty(session: Session, container: str, account: str | None, yes: bool) -> None:
    """Delete everything in a container, which stays."""
    place = _place(session, container, account)
    ask(f"Delete everything in container {place.container}?", yes=yes)
    with found(place):
        Shelf(session).http(place).call("DELETE", place.path, query={"delimiter": "/"})
