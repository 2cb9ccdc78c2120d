"""`kamaki server start`, `shutdown`, `reboot`, `delete`, `console`, `wait`. Spec: kamaki 5.5."""

from typing import Any

import click
import msgspec

from kamaki.asking import as_session, formatted
from kamaki.errors import KamakiError
from kamaki.output import emit, say
from kamaki.servers import Server
from kamaki.session import Session
from kamaki.waiting import condition, timed, waited

TYPES = {"vnc": "vnc", "no-vnc": "vnc-ws", "no-vnc-encrypted": "vnc-wss", "novnc": "novnc"}
"""How consoles are asked for, and how the service calls them."""


@click.command()
@click.argument("server_id")
@waited
@as_session
def start(session: Session, server_id: str, **asked: Any) -> None:
    """Start a stopped server."""
    _turn(Server(session, server_id), "start", "ACTIVE", asked)


@click.command()
@click.argument("server_id")
@waited
@as_session
def shutdown(session: Session, server_id: str, **asked: Any) -> None:
    """Shut a running server down."""
    _turn(Server(session, server_id), "shutdown", "STOPPED", asked)


def _turn(server: Server, action: str, goal: str, asked: dict[str, Any]) -> None:
    if server.show()["status"] == goal:
        raise KamakiError(f"Server {server.id} is already {goal}")
    server.act(action)
    if asked["wait"]:
        server.wait(lambda status: status in {goal, "ERROR"}, shown=not asked["no_bar"])


@click.command()
@click.argument("server_id")
@click.option("--type", "kind", type=click.Choice(["SOFT", "HARD"], case_sensitive=False),
              default="SOFT", help="Ask its system, or pull the plug.")  # fmt: skip
@waited
@as_session
def reboot(session: Session, server_id: str, kind: str, **asked: Any) -> None:
    """Reboot a running server."""
    server = Server(session, server_id)
    server.act("reboot", {"type": kind})
    if asked["wait"]:
        server.wait(lambda status: status != "REBOOT", shown=not asked["no_bar"])


@click.command()
@click.argument("server_id")
@click.option("--cluster", is_flag=True, help="Every server whose name begins so.")
@waited
@as_session
def delete(session: Session, server_id: str, cluster: bool, **asked: Any) -> None:
    """Delete a server with its disks."""
    doomed = _named(session, server_id) if cluster else [Server(session, server_id)]
    for server in doomed:
        server.call("DELETE")
    if asked["wait"]:
        for server in doomed:
            server.wait(lambda status: status == "DELETED", shown=not asked["no_bar"])


def _named(session: Session, prefix: str) -> list[Server]:
    rows = session.compute.read("GET", "/servers", dict[str, Any])["servers"]
    found = [Server(session, str(row["id"])) for row in rows if row["name"].startswith(prefix)]
    if not found:
        raise KamakiError(f"No server has a name that begins with {prefix}")
    return found


@click.command()
@click.argument("server_id")
@click.option(
    "--type", "kind", type=click.Choice(list(TYPES)), default="vnc", help="What shows it."
)
@formatted
@as_session
def console(session: Session, server_id: str, kind: str, output_format: str | None) -> None:
    """Open a server's screen; prints where it can be seen."""
    server = Server(session, server_id)
    action = "os-getVNCConsole" if kind == "novnc" else "console"
    found = msgspec.json.decode(server.act(action, {"type": TYPES[kind]}), type=dict[str, Any])
    if kind == "vnc":
        say("Connect a VNC viewer with this password within half a minute:")
    emit(found["console"], output_format)


@click.command()
@click.argument("server_id")
@click.option("--length", type=int, help="The last lines only.")
@as_session
def log(session: Session, server_id: str, length: int | None) -> None:
    """Print what a server wrote to its serial port."""
    wish = {} if length is None else {"length": length}
    found = Server(session, server_id).act("os-getConsoleOutput", wish)
    click.echo(msgspec.json.decode(found, type=dict[str, str])["output"])


@click.command("wait")
@click.argument("server_id")
@timed
@as_session
def wait_for(session: Session, server_id: str, timeout: float, **asked: Any) -> None:
    """Wait until a server is in another state; while it is in BUILD unless told otherwise."""
    is_done = condition(asked["stay"], asked["until"], default="BUILD")
    Server(session, server_id).wait(is_done, shown=not asked["no_bar"], seconds=timeout)


@click.command()
@click.argument("server_id")
@click.option("--project-id", required=True, help="Who pays from now on.")
@as_session
def reassign(session: Session, server_id: str, project_id: str) -> None:
    """Let another project pay for a server."""
    Server(session, server_id).act("reassign", {"project": project_id})


COMMANDS = (start, shutdown, reboot, delete, console, log, wait_for, reassign)
