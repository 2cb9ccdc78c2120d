"""`kamaki network`. Spec: kamaki 5.6."""

from typing import Any

import click

from kamaki.asking import as_session, filtered, formatted, keep, known, same
from kamaki.errors import KamakiError
from kamaki.output import brief, emit
from kamaki.ports import connect_options, create_port, delete_port
from kamaki.session import Session
from kamaki.waiting import waited
from synnefo.kit.faults import Conflict

FIELDS = ("id", "name", "status", "type")
TYPES = ("MAC_FILTERED", "CUSTOM", "IP_LESS_ROUTED", "PHYSICAL_VLAN")


@click.group()
def group() -> None:
    """Networks."""


@group.command("list")
@click.option("-l", "--details", is_flag=True, help="Everything about each.")
@click.option("--user-id", help="Only of this user.")
@filtered
@formatted
@as_session
def list_networks(session: Session, output_format: str | None, **asked: Any) -> None:
    """List networks."""
    rows = session.network.read("GET", "/networks", dict[str, Any])["networks"]
    rows = same(keep(rows, **asked), user_id=asked["user_id"])
    if output_format != "json" and not asked["details"]:
        rows = brief(rows, FIELDS)
    emit(rows, output_format)


@group.command()
@click.argument("network_id")
@formatted
@as_session
def info(session: Session, network_id: str, output_format: str | None) -> None:
    """Show a network."""
    with known("network", network_id):
        found = session.network.read("GET", f"/networks/{network_id}", dict[str, Any])
    emit(found["network"], output_format)


@group.command()
@click.argument("old_name", required=False)
@click.option("--name", help="How to call it.")
@click.option("--shared", is_flag=True, help="For all members of its project.")
@click.option("--project-id", help="Who pays.")
@click.option("--type", "kind", type=click.Choice(TYPES), default=TYPES[0], show_default=True,
              help="How it is kept apart.")  # fmt: skip
@formatted
@as_session
def create(session: Session, old_name: str | None, output_format: str | None,
           **asked: Any) -> None:  # fmt: skip
    """Make a network."""
    wish = {"name": asked["name"] or old_name or "", "type": asked["kind"]}
    wish |= {"shared_to_project": True} if asked["shared"] else {}
    wish |= {"project": asked["project_id"]} if asked["project_id"] else {}
    found = session.network.read("POST", "/networks", dict[str, Any], body={"network": wish})
    emit(found["network"], output_format)


@group.command()
@click.argument("network_id")
@click.option("--name", required=True, help="How to call it.")
@as_session
def modify(session: Session, network_id: str, name: str) -> None:
    """Rename a network."""
    with known("network", network_id):
        session.network.call("PUT", f"/networks/{network_id}", body={"network": {"name": name}})


@group.command()
@click.argument("network_id")
@click.option("--project-id", required=True, help="Who pays from now on.")
@as_session
def reassign(session: Session, network_id: str, project_id: str) -> None:
    """Let another project pay for a network."""
    body = {"reassign": {"project": project_id}}
    with known("network", network_id):
        session.network.call("POST", f"/networks/{network_id}/action", body=body)


@group.command()
@click.argument("network_id")
@as_session
def delete(session: Session, network_id: str) -> None:
    """Delete a network that no server is on."""
    try:
        with known("network", network_id):
            session.network.call("DELETE", f"/networks/{network_id}")
    except Conflict as error:
        raise KamakiError(
            f"Network with id {network_id} is in use",
            details=[error.message, f"To see by what: kamaki port list --network-id {network_id}"],
        ) from error


@group.command()
@click.argument("network_id")
@click.option("--device-id", multiple=True, required=True, help="A server; may be repeated.")
@connect_options
@waited
@as_session
def connect(session: Session, network_id: str, device_id: tuple[str, ...], **asked: Any) -> None:
    """Connect servers to a network."""
    for device in device_id:
        create_port(session, network_id, device, asked)


@group.command()
@click.argument("network_id")
@click.option("--device-id", multiple=True, required=True, help="A server; may be repeated.")
@waited
@as_session
def disconnect(
    session: Session, network_id: str, device_id: tuple[str, ...], **asked: Any
) -> None:
    """Disconnect servers from a network."""
    query = {"network_id": network_id}
    rows = session.network.read("GET", "/ports", dict[str, Any], query=query)["ports"]
    doomed = [row for row in rows if row["device_id"] in device_id]
    if not doomed:
        raise KamakiError(
            f"Network {network_id} has no port of these servers",
            details=[*device_id, "To list ports: kamaki port list"],
        )
    for row in doomed:
        delete_port(session, str(row["id"]), asked)
