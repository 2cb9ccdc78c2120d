"""`kamaki port`. Spec: kamaki 5.6."""

from typing import Any

import click

from kamaki.asking import as_session, filtered, formatted, keep, known, same
from kamaki.output import brief, emit
from kamaki.ports import connect_options, create_port, delete_port, wait_port
from kamaki.session import Session
from kamaki.waiting import condition, timed, waited

FIELDS = ("id", "name", "status", "network_id", "device_id", "mac_address")


@click.group()
def group() -> None:
    """Cards of machines on networks."""


@group.command("list")
@click.option("-l", "--details", is_flag=True, help="Everything about each.")
@click.option("--user-id", help="Only of this user.")
@click.option("--network-id", help="Only on this network.")
@click.option("--device-id", help="Only of this server.")
@filtered
@formatted
@as_session
def list_ports(session: Session, output_format: str | None, **asked: Any) -> None:
    """List ports."""
    rows = session.network.read("GET", "/ports", dict[str, Any])["ports"]
    wanted = {key: asked[key] for key in ("user_id", "network_id", "device_id")}
    rows = same(keep(rows, **asked), **wanted)
    if output_format != "json" and not asked["details"]:
        rows = brief(rows, FIELDS)
    emit(rows, output_format)


@group.command()
@click.argument("port_id")
@formatted
@as_session
def info(session: Session, port_id: str, output_format: str | None) -> None:
    """Show a port."""
    with known("port", port_id):
        found = session.network.read("GET", f"/ports/{port_id}", dict[str, Any])
    emit(found["port"], output_format)


@group.command()
@click.option("--network-id", required=True, help="The network to be on.")
@click.option("--device-id", help="The server to be in.")
@connect_options
@waited
@formatted
@as_session
def create(session: Session, network_id: str, device_id: str | None, **asked: Any) -> None:
    """Connect a server to a network."""
    emit(create_port(session, network_id, device_id, asked), asked["output_format"])


@group.command()
@click.argument("port_id")
@click.option("--name", required=True, help="How to call it.")
@as_session
def modify(session: Session, port_id: str, name: str) -> None:
    """Rename a port."""
    with known("port", port_id):
        session.network.call("PUT", f"/ports/{port_id}", body={"port": {"name": name}})


@group.command()
@click.argument("port_id")
@waited
@as_session
def delete(session: Session, port_id: str, **asked: Any) -> None:
    """Disconnect a server from a network."""
    delete_port(session, port_id, asked)


@group.command("wait")
@click.argument("port_id")
@timed
@as_session
def wait_for(session: Session, port_id: str, **asked: Any) -> None:
    """Wait until a port is in another state; while it is in BUILD unless told otherwise."""
    is_done = condition(asked["stay"], asked["until"], default="BUILD")
    wait_port(session, port_id, is_done, asked)
