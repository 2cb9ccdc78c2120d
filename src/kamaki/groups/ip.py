"""`kamaki ip`. Spec: kamaki 5.6."""

from typing import Any

import click

from kamaki.asking import as_session, filtered, formatted, keep, known
from kamaki.errors import KamakiError
from kamaki.output import brief, emit
from kamaki.ports import create_port, delete_port
from kamaki.session import Session
from kamaki.waiting import waited

FIELDS = ("id", "floating_ip_address", "instance_id", "floating_network_id")
Json = dict[str, Any]


@click.group()
def group() -> None:
    """Floating addresses."""


def _all(session: Session) -> list[Json]:
    found: list[Json] = session.network.read("GET", "/floatingips", Json)["floatingips"]
    return found


@group.command("list")
@click.option("-l", "--details", is_flag=True, help="Everything about each.")
@filtered
@formatted
@as_session
def list_ips(session: Session, output_format: str | None, **asked: Any) -> None:
    """List floating addresses."""
    rows = keep(_all(session), **asked)
    if output_format != "json" and not asked["details"]:
        rows = brief(rows, FIELDS)
    emit(rows, output_format)


@group.command()
@click.argument("ip_id")
@formatted
@as_session
def info(session: Session, ip_id: str, output_format: str | None) -> None:
    """Show a floating address."""
    emit(_find(session, ip_id), output_format)


def _find(session: Session, named: str) -> Json:
    """Find a floating address by its id, or by itself."""
    for row in _all(session):
        if row["floating_ip_address"] == named:
            return row
    with known("ip", named):
        found: Json = session.network.read("GET", f"/floatingips/{named}", Json)["floatingip"]
    return found


@group.command()
@click.option("--network-id", help="The network it is of.")
@click.option("--address", help="The address it shall be.")
@click.option("--project-id", help="Who pays.")
@formatted
@as_session
def create(session: Session, output_format: str | None, **asked: Any) -> None:
    """Reserve a floating address."""
    told = {
        "floating_network_id": asked["network_id"],
        "floating_ip_address": asked["address"],
        "project": asked["project_id"],
    }
    wish = {key: value for key, value in told.items() if value}
    found = session.network.read("POST", "/floatingips", Json, body={"floatingip": wish})
    emit(found["floatingip"], output_format)


@group.command()
@click.argument("ip_id")
@click.option("--project-id", required=True, help="Who pays from now on.")
@as_session
def reassign(session: Session, ip_id: str, project_id: str) -> None:
    """Let another project pay for a floating address."""
    body = {"reassign": {"project": project_id}}
    with known("ip", ip_id):
        session.network.call("POST", f"/floatingips/{ip_id}/action", body=body)


@group.command()
@click.argument("ip_id")
@as_session
def delete(session: Session, ip_id: str) -> None:
    """Give a floating address back."""
    row = _find(session, ip_id)
    session.network.call("DELETE", f"/floatingips/{row['id']}")


@group.command()
@click.argument("ip")
@click.option("--server-id", required=True, help="The server that shall have it.")
@click.option("--name", default="", help="How to call the port.")
@click.option("-g", "--security-group", multiple=True, help="A group of rules.")
@click.option("--subnet-id", help="The subnet of the address.")
@waited
@as_session
def attach(session: Session, ip: str, server_id: str, **asked: Any) -> None:
    """Give a server a floating address."""
    row = _find(session, ip)
    told = {**asked, "ip_address": row["floating_ip_address"]}
    create_port(session, str(row["floating_network_id"]), server_id, told)


@group.command()
@click.argument("ip")
@waited
@as_session
def detach(session: Session, ip: str, **asked: Any) -> None:
    """Take a floating address from its server."""
    row = _find(session, ip)
    if not row["port_id"]:
        raise KamakiError(f"Floating IP {row['floating_ip_address']} is on no server")
    delete_port(session, str(row["port_id"]), asked)
