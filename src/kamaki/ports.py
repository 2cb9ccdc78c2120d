"""Cards of servers on networks, as several commands make and delete them. Spec: kamaki 5.6."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import click

from kamaki.asking import known
from kamaki.session import Session
from kamaki.waiting import Patience, Seen, wait
from synnefo.kit.faults import ItemNotFound

F = TypeVar("F", bound=Callable[..., Any])
Json = dict[str, Any]
GONE = "DELETED"


def connect_options(command: F) -> F:
    """Add what can be said of a new port."""
    for decorate in (
        click.option("--name", default="", help="How to call the port."),
        click.option("-g", "--security-group", multiple=True, help="A group of rules."),
        click.option("--subnet-id", help="The subnet of its address."),
        click.option("--ip-address", help="The address it shall have."),
    ):
        command = decorate(command)
    return command


def create_port(session: Session, network_id: str, device_id: str | None, asked: Json) -> Json:
    """Plug a server into a network; waits until it is done when that is asked."""
    wish: Json = {"network_id": network_id, "name": asked["name"]}
    told = {"subnet_id": asked["subnet_id"], "ip_address": asked["ip_address"]}
    for key, value in (
        ("device_id", device_id),
        ("security_groups", list(asked["security_group"])),
        ("fixed_ips", [{k: v for k, v in told.items() if v}] if any(told.values()) else []),
    ):
        wish |= {key: value} if value else {}
    made: Json = session.network.read("POST", "/ports", dict[str, Any], body={"port": wish})
    port: Json = made["port"]
    if asked["wait"]:
        wait_port(session, str(port["id"]), lambda status: status != "BUILD", asked)
    return port


def delete_port(session: Session, port_id: str, asked: Json) -> None:
    """Unplug a port; waits until it is gone when that is asked."""
    with known("port", port_id):
        session.network.call("DELETE", f"/ports/{port_id}")
    if asked["wait"]:
        wait_port(session, port_id, lambda status: status == GONE, asked)


def wait_port(session: Session, port_id: str, is_done: Callable[[str], bool], asked: Json) -> None:
    """Wait until a port is in the right state."""
    seconds = {"seconds": asked["timeout"]} if "timeout" in asked else {}
    patience = Patience(f"Port {port_id}", not asked["no_bar"], **seconds)
    wait(partial(_seen, session, port_id), is_done, patience)


def _seen(session: Session, port_id: str) -> Seen:
    try:
        found = session.network.read("GET", f"/ports/{port_id}", dict[str, Any])
    except ItemNotFound:
        return Seen(GONE)
    return Seen(str(found["port"]["status"]))
