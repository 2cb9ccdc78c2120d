"""`kamaki server`: listing, showing, changing; making and running have modules of their own.

Spec: kamaki 5.5.
"""

from typing import Any
from urllib.parse import quote

import click

from kamaki.asking import as_session, filtered, formatted, keep, same, with_pairs
from kamaki.errors import KamakiError
from kamaki.groups import server_actions, server_orders
from kamaki.output import brief, emit
from kamaki.servers import Server
from kamaki.session import Session
from kamaki.values import pair_option

FIELDS = ("id", "name", "status")


@click.group()
def group() -> None:
    """Virtual machines."""


for command in (*server_orders.COMMANDS, *server_actions.COMMANDS):
    group.add_command(command)


@group.command("list")
@click.option("-l", "--details", is_flag=True, help="Everything about each.")
@click.option("-n", "--number", type=int, help="At most so many.")
@click.option("--since", metavar="DATE", help="Only what changed since then.")
@click.option("--flavor-id", help="Only of this flavor.")
@click.option("--image-id", help="Only from this image.")
@click.option("--user-id", help="Only of this user.")
@click.option("--status", help="Only in this state.")
@pair_option("--metadata", told="Only with this metadata.")
@pair_option("--metadata-like", told="Only with metadata that contain this.")
@filtered
@formatted
@as_session
def list_servers(session: Session, output_format: str | None, **asked: Any) -> None:
    """List servers."""
    rows = _chosen(keep(_listed(session, asked["since"]), **asked), asked)
    rows = rows[: asked["number"]]
    if output_format != "json" and not asked["details"]:
        rows = brief(rows, FIELDS)
    emit(rows, output_format)


def _listed(session: Session, since: str | None) -> list[dict[str, Any]]:
    query = {"changes-since": since} if since else None
    answer = session.compute.call("GET", "/servers/detail", query=query)
    if answer.status == 304:
        raise KamakiError("No servers have been modified since", details=[str(since)])
    found: list[dict[str, Any]] = answer.read(dict[str, Any])["servers"]
    return found


def _chosen(rows: list[Any], asked: dict[str, Any]) -> list[Any]:
    rows = same(rows, status=asked["status"], user_id=asked["user_id"])
    for kind in ("flavor", "image"):
        wanted = asked[f"{kind}_id"]
        rows = [row for row in rows if wanted in {None, str(row[kind]["id"])}]
    rows = with_pairs(rows, "metadata", asked["metadata"])
    return with_pairs(rows, "metadata", asked["metadata_like"], like=True)


@group.command()
@click.argument("server_id")
@click.option("--nics", is_flag=True, help="Only its network cards.")
@click.option("--diagnostics", "--stats", is_flag=True, help="Only what happened to it.")
@formatted
@as_session
def info(session: Session, server_id: str, output_format: str | None, **asked: Any) -> None:
    """Show a server."""
    server = Server(session, server_id)
    if asked["nics"]:
        emit(server.show()["attachments"], output_format)
    elif asked["diagnostics"]:
        emit(server.read("diagnostics"), output_format)
    else:
        emit(server.show(), output_format)


@group.command()
@click.argument("server_id")
@click.option("--name", help="How to call it.")
@click.option("--flavor-id", help="Its size from now on; it must be stopped.")
@pair_option("--metadata-set", "--metadata-add", told="A note to be made or changed.")
@click.option("--metadata-del", multiple=True, metavar="KEY", help="A note to be removed.")
@click.option("--tag-add", multiple=True, metavar="TAG", help="A tag to be put on it.")
@click.option("--tag-del", multiple=True, metavar="TAG", help="A tag to be taken off.")
@click.option("--tags-del", is_flag=True, help="Take all tags off.")
@as_session
def modify(session: Session, server_id: str, **asked: Any) -> None:
    """Change a server's name, size, metadata or tags."""
    if not any(asked.values()):
        raise click.UsageError("Missing required arguments: say what to change.")
    server = Server(session, server_id)
    if asked["name"]:
        server.call("PUT", body={"server": {"name": asked["name"]}})
    if asked["flavor_id"]:
        server.act("resize", {"flavorRef": asked["flavor_id"]})
    if asked["metadata_set"]:
        server.call("POST", "metadata", {"metadata": asked["metadata_set"]})
    for key in asked["metadata_del"]:
        server.call("DELETE", f"metadata/{quote(key, safe='')}")
    _tag(server, asked)


def _tag(server: Server, asked: dict[str, Any]) -> None:
    if asked["tags_del"]:
        server.call("DELETE", "tags")
    for tag in asked["tag_del"]:
        server.call("DELETE", f"tags/{quote(tag, safe='')}")
    for tag in asked["tag_add"]:
        server.call("PUT", f"tags/{quote(tag, safe='')}")


@group.command()
@click.argument("server_id")
@formatted
@as_session
def tags(session: Session, server_id: str, output_format: str | None) -> None:
    """List a server's tags."""
    emit(Server(session, server_id).read("tags")["tags"], output_format)


@group.command()
@click.argument("server_id")
@formatted
@as_session
def attachments(session: Session, server_id: str, output_format: str | None) -> None:
    """List a server's volumes."""
    found = Server(session, server_id).read("os-volume_attachments")
    emit(found["volumeAttachments"], output_format)


@group.command()
@click.argument("server_id")
@click.option("--attachment-id", required=True, help="Which volume.")
@formatted
@as_session
def attachment(
    session: Session, server_id: str, attachment_id: str, output_format: str | None
) -> None:
    """Show one of a server's volumes."""
    found = Server(session, server_id).read(f"os-volume_attachments/{attachment_id}")
    emit(found["volumeAttachment"], output_format)
