"""The states of a server, who may do what in them, and where a finished job leads.

Spec: compute 3.
"""

from enum import StrEnum

import msgspec

from synnefo.kit.faults import BadRequest, BuildInProgress, Fault, Forbidden


class State(StrEnum):
    """What a server is, as far as its cluster last said."""

    BUILD = "BUILD"
    ERROR = "ERROR"
    STOPPED = "STOPPED"
    STARTED = "STARTED"
    DESTROYED = "DESTROYED"


class Action(StrEnum):
    """What can be asked of a server."""

    CREATE = "CREATE"
    START = "START"
    STOP = "STOP"
    REBOOT = "REBOOT"
    DESTROY = "DESTROY"
    RESIZE = "RESIZE"
    CONNECT = "CONNECT"
    DISCONNECT = "DISCONNECT"
    ATTACH_VOLUME = "ATTACH_VOLUME"
    DETACH_VOLUME = "DETACH_VOLUME"
    SUSPEND = "SUSPEND"
    UNSUSPEND = "UNSUSPEND"
    CONSOLE = "CONSOLE"
    REASSIGN = "REASSIGN"
    MODIFY = "MODIFY"


class Task(StrEnum):
    """What a server is busy with."""

    BUILD = "BUILD"
    START = "START"
    STOP = "STOP"
    REBOOT = "REBOOT"
    DESTROY = "DESTROY"
    RESIZE = "RESIZE"
    CONNECT = "CONNECT"
    DISCONNECT = "DISCONNECT"
    ATTACH_VOLUME = "ATTACH_VOLUME"
    DETACH_VOLUME = "DETACH_VOLUME"


class WrongState(BadRequest):
    """The server is in no state to take this action: 400 here, 409 in the newer dialect."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the permission to act depends on."""

    state: State
    deleted: bool = False
    suspended: bool = False
    task: str | None = None


ALLOWED: dict[Action, frozenset[State]] = {
    Action.START: frozenset({State.STOPPED}),
    Action.STOP: frozenset({State.STARTED}),
    Action.REBOOT: frozenset({State.STOPPED, State.STARTED}),
    Action.RESIZE: frozenset({State.STOPPED}),
    Action.CONNECT: frozenset({State.STOPPED, State.STARTED}),
    Action.DISCONNECT: frozenset({State.STOPPED, State.STARTED}),
    Action.ATTACH_VOLUME: frozenset({State.STOPPED, State.STARTED}),
    Action.DETACH_VOLUME: frozenset({State.STOPPED, State.STARTED}),
    Action.CONSOLE: frozenset({State.STARTED}),
}
_HOT = frozenset({Action.CONNECT, Action.DISCONNECT, Action.ATTACH_VOLUME, Action.DETACH_VOLUME})

TASK_STATES = {
    Task.BUILD: "BUILDING",
    Task.START: "STARTING",
    Task.STOP: "STOPPING",
    Task.REBOOT: "REBOOTING",
    Task.DESTROY: "DESTROYING",
    Task.RESIZE: "RESIZING",
    Task.CONNECT: "CONNECTING",
    Task.DISCONNECT: "DISCONNECTING",
    Task.ATTACH_VOLUME: "ATTACHING_VOLUME",
    Task.DETACH_VOLUME: "DETACHING_VOLUME",
}
_WORDS = {State.STARTED: "ACTIVE", State.DESTROYED: "DELETED"}
_PENDING = frozenset({"queued", "waiting", "running"})


def check(action: Action, standing: Standing, *, admin: bool, hotplug: bool = True) -> None:
    """Refuse an action that its server is in no state to take. Spec: compute 3.3."""
    if standing.deleted:
        raise WrongState("This server has been deleted.")
    if standing.suspended and not admin:
        raise Forbidden("This server has been suspended by an administrator.")
    if action in {Action.SUSPEND, Action.UNSUSPEND}:
        _check_suspension(action, standing)
        return
    if action in {Action.DESTROY, Action.MODIFY}:
        return
    refused = _busy(action, standing) or _unfit(action, standing, hotplug=hotplug)
    if refused is not None:
        raise refused


def _check_suspension(action: Action, standing: Standing) -> None:
    if standing.suspended is (action is Action.SUSPEND):
        raise WrongState(f"Cannot {action.lower()}: this has been done already.")


def _busy(action: Action, standing: Standing) -> Fault | None:
    if action is Action.CONSOLE or standing.task is None:
        return None
    if standing.task == Task.BUILD:
        return BuildInProgress("The server is still being built. Try again in a moment.")
    doing = TASK_STATES.get(Task(standing.task), "busy").lower()
    return WrongState(f"Cannot {action.lower()} a server that is {doing}. Try again shortly.")


def _unfit(action: Action, standing: Standing, *, hotplug: bool) -> Fault | None:
    if action is Action.REASSIGN:
        return None
    if standing.state is State.BUILD and action is not Action.CONSOLE:
        return BuildInProgress("The server is still being built. Try again in a moment.")
    if standing.state not in ALLOWED[action]:
        return WrongState(f"Cannot {action.lower()} a server that is {standing.state}.")
    if action in _HOT and standing.state is State.STARTED and not hotplug:
        return WrongState("Stop the server first: this cluster cannot plug while it runs.")
    return None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the shown status depends on."""

    state: str
    deleted: bool = False
    task: str | None = None
    opcode: str | None = None
    job_status: str | None = None
    is_lost: bool = False
    """Whether its cluster does not answer: nobody knows whether it runs."""


def status(server: Shown) -> str:
    """Tell the status that the API shows. Spec: compute 3.1."""
    if server.state not in State.__members__:
        return "UNKNOWN"
    if server.deleted:
        return "DELETED"
    state = State(server.state)
    if server.is_lost and state in {State.STARTED, State.STOPPED}:
        return "UNKNOWN"
    pending = server.job_status in _PENDING
    if state is State.STARTED and server.opcode == "OP_INSTANCE_REBOOT" and pending:
        return "REBOOT"
    if state is State.STOPPED and server.task == Task.RESIZE and pending:
        return "RESIZE"
    return _WORDS.get(state, state.value)


def task_state(task: str | None) -> str:
    """Tell `SNF:task_state`. Spec: compute 3.2."""
    if not task:
        return ""
    return TASK_STATES.get(Task(task), "UNKNOWN") if task in Task.__members__ else "UNKNOWN"


NODE_LOST = "SNF_NODE_LOST"
"""Stands for what no job does: the node of a running server went away."""

NEXT = {
    NODE_LOST: State.ERROR,
    "OP_INSTANCE_CREATE": State.STARTED,
    "OP_INSTANCE_STARTUP": State.STARTED,
    "OP_INSTANCE_REBOOT": State.STARTED,
    "OP_INSTANCE_SHUTDOWN": State.STOPPED,
    "OP_INSTANCE_REMOVE": State.DESTROYED,
}


def after(opcode: str, job_status: str, state: State) -> State:
    """Tell the state to which a finished job leads. Spec: compute 3.1, 11.8."""
    if job_status == "success":
        return NEXT.get(opcode, state)
    if opcode == "OP_INSTANCE_CREATE" and state is State.BUILD:
        return State.ERROR
    return state
