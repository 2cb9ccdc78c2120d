"""Actions on servers in the older dialect. Spec: compute 4.5."""

from collections.abc import Callable
from typing import Any

from synnefo.cyclades.usecases import consoles, firewalls, reassignments, server_actions
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound, NotImplementedHere
from synnefo.kit.units import is_number
from synnefo.serve.http import Call, Reply

Wish = dict[str, Any]
Act = Callable[[Call, str, Wish], Reply]


def act(call: Call, server_id: str, body: dict[str, Any]) -> Reply:
    """Do the one thing that the body names."""
    name, wish = single(body)
    if name not in ACTIONS:
        raise BadRequest(f"The action '{name}' is not supported.")
    return ACTIONS[name](call, server_id, wish)


def single(body: dict[str, Any]) -> tuple[str, Wish]:
    """Read an action's name and details; null counts as no details."""
    if len(body) != 1:
        raise BadRequest("The body must name exactly one action.")
    name, wish = next(iter(body.items()))
    if wish is None:
        return name, {}
    if not isinstance(wish, dict):
        raise BadRequest(f"The details of '{name}' must be an object.")
    return name, wish


def start(call: Call, server_id: str, _wish: Wish) -> Reply:
    """Start a stopped server."""
    server_actions.start(call.who, server_id)
    return Reply(status=202)


def stop(call: Call, server_id: str, _wish: Wish) -> Reply:
    """Shut a running server down."""
    server_actions.stop(call.who, server_id)
    return Reply(status=202)


def reboot(call: Call, server_id: str, wish: Wish) -> Reply:
    """Reboot, softly unless told otherwise."""
    kind = wish.get("type", "SOFT")
    if kind not in {"SOFT", "HARD"}:
        raise BadRequest("The type of a reboot is SOFT or HARD.")
    server_actions.reboot(call.who, server_id, hard=kind == "HARD")
    return Reply(status=202)


def resize(call: Call, server_id: str, wish: Wish) -> Reply:
    """Give a stopped server another flavor."""
    if not isinstance(wish.get("flavorRef"), int | str):
        raise BadRequest("Say which flavor the server should get (flavorRef).")
    server_actions.resize(call.who, server_id, str(wish["flavorRef"]))
    return Reply(status=202)


def console(call: Call, server_id: str, wish: Wish) -> Reply:
    """Open a server's screen and tell where. Spec: compute 18."""
    kind = wish.get("type")
    if kind not in {"vnc", "vnc-ws", "vnc-wss"}:
        raise BadRequest("The type of a console is vnc, vnc-ws or vnc-wss.")
    if kind == "vnc":
        plain = consoles.open_plain(call.who, server_id)
        place = {"host": plain.host, "port": plain.port, "password": plain.password}
        return Reply(status=200, body={"console": {"type": kind, **place}})
    opened = consoles.open_for(call.who, server_id)
    shown = {
        "type": kind,
        "host": opened.host,
        "port": opened.port,
        "password": opened.token,
        "url": opened.websocket_url,
    }
    return Reply(status=200, body={"console": shown})


def vnc_console(call: Call, server_id: str, wish: Wish) -> Reply:
    """Answer the page that shows a server's screen."""
    kind = wish.get("type")
    if kind not in {"novnc", "xvpvnc"}:
        raise BadRequest("The type of a console is novnc.")
    opened = consoles.open_for(call.who, server_id)
    return Reply(status=200, body={"console": {"type": kind, "url": opened.page_url}})


def console_output(call: Call, server_id: str, wish: Wish) -> Reply:
    """Answer what the guest wrote to its serial port."""
    length = wish.get("length")
    lines = int(length) if isinstance(length, int | str) and is_number(str(length)) else None
    return Reply(status=200, body={"output": consoles.log_of(call.who, server_id, lines=lines)})


def firewall_profile(call: Call, server_id: str, wish: Wish) -> Reply:
    """Guard a network card of a server by another firewall profile. Spec: network 12."""
    profile, nic = wish.get("profile"), wish.get("nic")
    if not isinstance(profile, str) or not isinstance(nic, int | str):
        raise BadRequest("Say which profile a card gets, and which card (profile, nic).")
    firewalls.ask(call.who, server_id, str(nic), profile)
    return Reply(status=202)


def reassign(call: Call, server_id: str, wish: Wish) -> Reply:
    """Move a server to another project, which pays for it from then on."""
    project, shared = wish.get("project"), wish.get("shared_to_project", False)
    if not isinstance(project, str) or not project or not isinstance(shared, bool):
        raise BadRequest("Say which project the server moves to (project, shared_to_project).")
    reassignments.move_server(call.who, server_id, project=project, shared_to_project=shared)
    return Reply(status=200)


def suspend(_call: Call, _server_id: str, _wish: Wish) -> Reply:
    """Refuse: only administrators suspend."""
    raise Forbidden("Only an administrator may suspend a server.")


def not_here(_call: Call, _server_id: str, _wish: Wish) -> Reply:
    """Refuse what no cluster here can do."""
    raise NotImplementedHere("This kind of console is not available here.")


def rescue_off(_call: Call, _server_id: str, _wish: Wish) -> Reply:
    """Refuse: rescuing is switched off."""
    raise ItemNotFound("Rescuing servers is switched off here.")


ACTIONS: dict[str, Act] = {
    "start": start,
    "os-start": start,
    "shutdown": stop,
    "os-stop": stop,
    "reboot": reboot,
    "resize": resize,
    "firewallProfile": firewall_profile,
    "console": console,
    "os-getVNCConsole": vnc_console,
    "os-getConsoleOutput": console_output,
    "os-getRDPConsole": not_here,
    "os-getSPICEConsole": not_here,
    "reassign": reassign,
    "suspend": suspend,
    "rescue": rescue_off,
    "unrescue": rescue_off,
}
