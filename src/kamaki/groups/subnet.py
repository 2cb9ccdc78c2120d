"""`kamaki subnet`. Spec: kamaki 5.6."""

from typing import Any

import click

from kamaki.asking import as_session, filtered, formatted, keep, known
from kamaki.output import brief, emit
from kamaki.session import Session
from kamaki.values import pool

FIELDS = ("id", "name", "network_id", "cidr")


@click.group()
def group() -> None:
    """Addresses of networks."""


@group.command("list")
@click.option("-l", "--details", is_flag=True, help="Everything about each.")
@filtered
@formatted
@as_session
def list_subnets(session: Session, output_format: str | None, **asked: Any) -> None:
    """List subnets."""
    rows = keep(session.network.read("GET", "/subnets", dict[str, Any])["subnets"], **asked)
    if output_format != "json" and not asked["details"]:
        rows = brief(rows, FIELDS)
    emit(rows, output_format)


@group.command()
@click.argument("subnet_id")
@formatted
@as_session
def info(session: Session, subnet_id: str, output_format: str | None) -> None:
    """Show a subnet."""
    with known("subnet", subnet_id):
        found = session.network.read("GET", f"/subnets/{subnet_id}", dict[str, Any])
    emit(found["subnet"], output_format)


@group.command()
@click.option("--network-id", required=True, help="The network whose addresses these are.")
@click.option("--cidr", required=True, help="The addresses, such as 10.0.0.0/24.")
@click.option("--name", default="", help="How to call it.")
@click.option("--alloc-pool", multiple=True, metavar="START,END", help="What it gives out.")
@click.option("--gateway", help="The address of the way out.")
@click.option("--no-gateway", is_flag=True, help="There is no way out.")
@click.option("--ipv6", is_flag=True, help="These are addresses of IPv6.")
@click.option("--with-dhcp/--without-dhcp", default=True, help="Tell servers their address.")
@formatted
@as_session
def create(session: Session, output_format: str | None, **asked: Any) -> None:
    """Give a network addresses."""
    if asked["gateway"] and asked["no_gateway"]:
        raise click.UsageError("Give --gateway or --no-gateway, not both.")
    wish = {key: asked[key] for key in ("network_id", "cidr", "name")}
    wish |= {"ip_version": 6 if asked["ipv6"] else 4, "enable_dhcp": asked["with_dhcp"]}
    if asked["gateway"] or asked["no_gateway"]:
        wish["gateway_ip"] = asked["gateway"]
    pools = [pool(text) for text in asked["alloc_pool"]]
    if pools:
        wish["allocation_pools"] = [{"start": one.start, "end": one.end} for one in pools]
    found = session.network.read("POST", "/subnets", dict[str, Any], body={"subnet": wish})
    emit(found["subnet"], output_format)


@group.command()
@click.argument("subnet_id")
@click.option("--name", required=True, help="How to call it.")
@as_session
def modify(session: Session, subnet_id: str, name: str) -> None:
    """Rename a subnet."""
    with known("subnet", subnet_id):
        session.network.call("PUT", f"/subnets/{subnet_id}", body={"subnet": {"name": name}})


@group.command()
@click.argument("subnet_id")
@as_session
def delete(session: Session, subnet_id: str) -> None:
    """Take a network's addresses away."""
    with known("subnet", subnet_id):
        session.network.call("DELETE", f"/subnets/{subnet_id}")
