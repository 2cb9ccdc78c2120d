"""Actions on servers in the newer dialect. Spec: openstack-api 6.2."""

from typing import Any

from synnefo.cyclades.api.compute import legacy_actions as older
from synnefo.cyclades.api.compute import microversions
from synnefo.cyclades.api.compute.legacy_actions import Act, Wish
from synnefo.cyclades.api.compute.schemas import CreateConsole
from synnefo.cyclades.usecases import consoles, server_actions, servers
from synnefo.kit.faults import BadRequest, NotImplementedHere
from synnefo.serve.http import Call, Reply

View = dict[str, Any]


def act(call: Call, server_id: str, body: dict[str, Any]) -> Reply:
    """Do the one thing that the body names."""
    servers.show(call.who, server_id, deleted=False)
    name, wish = older.single(body)
    if name in UNABLE:
        raise NotImplementedHere(f"The clusters here cannot do '{name}'.")
    if name not in ACTIONS:
        raise BadRequest(f"There is no such action: '{name}'.")
    return ACTIONS[name](call, server_id, wish)


def lock(call: Call, server_id: str, wish: Wish) -> Reply:
    """Lock a server against changes."""
    reason = str(wish.get("locked_reason") or "")
    if reason and microversions.of(call) < (2, 73):
        raise BadRequest("A reason for locking can be given from version 2.73 on.")
    servers.set_lock(call.who, server_id, reason)
    return Reply(status=202)


def unlock(call: Call, server_id: str, _wish: Wish) -> Reply:
    """Unlock a server."""
    servers.set_lock(call.who, server_id, None)
    return Reply(status=202)


def force_delete(call: Call, server_id: str, _wish: Wish) -> Reply:
    """Delete a server."""
    server_actions.destroy(call.who, server_id, while_building=True)
    return Reply(status=202)


def confirm_resize(call: Call, server_id: str, _wish: Wish) -> Reply:
    """Refuse: a resize needs no confirmation here."""
    raise BadRequest("A resize is final here and needs no confirmation.")


def same_group(_call: Call, _server_id: str, _wish: Wish) -> Reply:
    """Accept: every server is in the one security group."""
    return Reply(status=202)


ACTIONS: dict[str, Act] = {
    "os-start": older.start,
    "os-stop": older.stop,
    "reboot": older.reboot,
    "resize": older.resize,
    "reassign": older.reassign,
    "os-getVNCConsole": older.vnc_console,
    "os-getConsoleOutput": older.console_output,
    "lock": lock,
    "unlock": unlock,
    "forceDelete": force_delete,
    "confirmResize": confirm_resize,
    "revertResize": confirm_resize,
    "addSecurityGroup": same_group,
    "removeSecurityGroup": same_group,
}
UNABLE = frozenset(
    {
        "pause",
        "unpause",
        "suspend",
        "resume",
        "rescue",
        "unrescue",
        "shelve",
        "unshelve",
        "shelveOffload",
        "rebuild",
        "createImage",
        "createBackup",
        "changePassword",
        "migrate",
        "os-migrateLive",
        "evacuate",
        "os-resetState",
        "trigger_crash_dump",
        "os-getRDPConsole",
        "os-getSPICEConsole",
        "os-getSerialConsole",
    }
)


def create_console(call: Call, server_id: str, body: CreateConsole) -> View:
    """Open a server's screen and answer the page that shows it."""
    wanted = body.remote_console
    if (wanted.protocol, wanted.type) != ("vnc", "novnc"):
        raise BadRequest("The consoles here have the protocol 'vnc' and the type 'novnc'.")
    opened = consoles.open_for(call.who, server_id)
    shown = {"protocol": "vnc", "type": "novnc", "url": opened.page_url}
    return {"remote_console": shown}
