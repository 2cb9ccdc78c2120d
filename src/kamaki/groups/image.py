"""`kamaki image`: listing, showing, changing; registering has a module of its own.

Spec: kamaki 5.4.
"""

from typing import Any
from urllib.parse import quote

import click

from kamaki.asking import as_session, filtered, formatted, keep, known, same, with_pairs
from kamaki.errors import KamakiError
from kamaki.groups import image_register
from kamaki.images import Wish, from_headers
from kamaki.listing import numbered
from kamaki.output import brief, emit, emit_items
from kamaki.places import Place, Shelf
from kamaki.session import Session
from kamaki.values import SIZE, pair_option

FIELDS = ("id", "name", "status", "disk_format", "container_format", "size")
PREFIX = "pithos://"


@click.group()
def group() -> None:
    """Images of machines."""


for command in image_register.COMMANDS:
    group.add_command(command)


@group.command("list")
@click.option("-l", "--details", is_flag=True, help="Everything about each.")
@click.option("--container-format", help="Only with this container format.")
@click.option("--disk-format", help="Only with this disk format.")
@click.option("--size-min", type=SIZE, help="Only as large as this or larger.")
@click.option("--size-max", type=SIZE, help="Only as large as this or smaller.")
@click.option("--status", help="Only in this state.")
@click.option("--owner", metavar="UUID", help="Only of this user.")
@click.option("--order", metavar="FIELD", help="Sort by this; a leading - turns it round.")
@click.option("-n", "--number", type=int, help="At most so many.")
@click.option("--enumerate", "enumerate_", is_flag=True, help="Number the lines.")
@pair_option("--property", told="Only with this property.")
@pair_option("--property-like", told="Only with a property that contains this.")
@click.option("--members-of", metavar="IMAGE_ID", help="Whom an image is shared with, instead.")
@filtered
@formatted
@as_session
def list_images(session: Session, output_format: str | None, **asked: Any) -> None:
    """List the images that I may use."""
    if asked["members_of"]:
        _list_members(session, asked["members_of"], output_format)
        return
    rows = _chosen(
        session.image.read("GET", "/images/detail", list[Any], query=_query(asked)), asked
    )
    if output_format == "json":
        emit(rows, output_format)
        return
    for index, row in enumerate(rows if asked["details"] else brief(rows, FIELDS), 1):
        numbered(index, enumerate_=asked["enumerate_"])
        emit_items([row])


def _query(asked: dict[str, Any]) -> dict[str, str | int]:
    """Write the filters that the service knows."""
    names = ("container_format", "disk_format", "size_min", "size_max", "status")
    query = {name: asked[name] for name in names if asked[name] is not None}
    if asked["order"]:
        query["sort_key"] = asked["order"].lstrip("-")
        query["sort_dir"] = "desc" if asked["order"].startswith("-") else "asc"
    return query


def _chosen(rows: list[Any], asked: dict[str, Any]) -> list[Any]:
    found = same(keep(rows, **asked), owner=asked["owner"])
    found = with_pairs(found, "properties", asked["property"])
    return with_pairs(found, "properties", asked["property_like"], like=True)[: asked["number"]]


def _list_members(session: Session, image_id: str, output_format: str | None) -> None:
    with known("image", image_id):
        found = session.image.read("GET", f"/images/{quote(image_id)}/members", dict[str, Any])
    emit(found["members"], output_format)


def _show(session: Session, image_id: str) -> dict[str, Any]:
    with known("image", image_id):
        return from_headers(session.image.call("HEAD", f"/images/{quote(image_id)}").headers)


@group.command()
@click.argument("image_id")
@click.option("--hashmap", is_flag=True, help="The blocks that it is made of.")
@formatted
@as_session
def info(session: Session, image_id: str, hashmap: bool, output_format: str | None) -> None:
    """Show an image."""
    found = _show(session, image_id)
    if not hashmap:
        emit(found, output_format)
        return
    if not found["location"].startswith(PREFIX):
        raise KamakiError(f"Image {image_id} does not lie in the object storage")
    owner, container, name = found["location"].removeprefix(PREFIX).split("/", 2)
    place = Place(owner, container, name)
    query = {"hashmap": "", "format": "json"}
    emit(
        Shelf(session).http(place).read("GET", place.path, dict[str, Any], query=query),
        output_format,
    )


@group.command()
@click.argument("image_id")
@click.option("--name", help="How to call it.")
@click.option("--disk-format", help="How its disk is written.")
@click.option("--container-format", help="How it is wrapped.")
@click.option("--status", help="Its state.")
@click.option("--public", is_flag=True, help="Everybody may use it.")
@click.option("--private", is_flag=True, help="Only I and its members may use it.")
@pair_option("-p", "--property-set", told="A property to be made or changed.")
@click.option("--property-del", multiple=True, metavar="KEY", help="A property to be removed.")
@click.option("--member-add", multiple=True, metavar="UUID", help="Somebody who may use it.")
@click.option("--member-del", multiple=True, metavar="UUID", help="Somebody who may not any more.")
@as_session
def modify(session: Session, image_id: str, **asked: Any) -> None:
    """Change what an image says of itself, and who may use it."""
    if asked["public"] and asked["private"]:
        raise click.UsageError("Give --public or --private, not both.")
    if not any(asked.values()):
        raise click.UsageError("Missing required arguments: say what to change.")
    is_public = True if asked["public"] else (False if asked["private"] else None)
    names = ("name", "disk_format", "container_format", "status")
    wish = Wish(is_public=is_public, **{name: asked[name] for name in names})
    wish.properties = asked["property_set"] | dict.fromkeys(asked["property_del"], "")
    path = f"/images/{quote(image_id)}"
    with known("image", image_id):
        if wish.headers():
            session.image.call("PUT", path, headers=wish.headers())
        for member in asked["member_add"]:
            session.image.call("PUT", f"{path}/members/{quote(member)}")
        for member in asked["member_del"]:
            session.image.call("DELETE", f"{path}/members/{quote(member)}")


@group.command()
@click.argument("image_id")
@as_session
def unregister(session: Session, image_id: str) -> None:
    """Make an image a plain file again."""
    with known("image", image_id):
        session.image.call("DELETE", f"/images/{quote(image_id)}")
