"""What can be done with a server: start, stop, reboot, resize, destroy.

Each is checked and recorded here; `jobs.submit` takes it to the cluster. Spec: compute 8.3.
"""

from datetime import datetime

import msgspec
from django.db import transaction

from synnefo.cyclades.domain import costs
from synnefo.cyclades.domain.server_states import Action, State, Task, WrongState, check
from synnefo.cyclades.models import Flavor, Server
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import commissions, flavors, histories, servers
from synnefo.kit import clock, conf
from synnefo.kit.faults import BuildInProgress, Conflict, Forbidden
from synnefo.serve.errands import Errand
from synnefo.serve.http import Caller

DB = "cyclades"
SUBMIT_ACTION = Errand("cyclades.submit_action", give_up_after=600)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """An action with its details."""

    action: Action
    hard: bool = False
    flavor: Flavor | None = None


def start(caller: Caller, server_id: str) -> Server:
    """Start a stopped server."""
    return _ask(caller, server_id, Wish(action=Action.START))


def stop(caller: Caller, server_id: str) -> Server:
    """Shut a running server down."""
    return _ask(caller, server_id, Wish(action=Action.STOP))


def reboot(caller: Caller, server_id: str, *, hard: bool = False) -> Server:
    """Reboot a server; a stopped one is started."""
    return _ask(caller, server_id, Wish(action=Action.REBOOT, hard=hard))


def resize(caller: Caller, server_id: str, flavor_id: str) -> Server:
    """Give a stopped server another size on the same disks. Spec: compute 4.5."""
    flavor = flavors.for_create(caller, flavor_id)
    server = servers.show(caller, server_id)
    if server.flavor_id == flavor.id:
        raise WrongState("The server already has this flavor.")
    old = server.flavor
    if (old.disk, old.volume_type_id) != (flavor.disk, flavor.volume_type_id):
        raise WrongState("A server's disk cannot change: choose a flavor with the same disk.")
    return _ask(caller, server_id, Wish(action=Action.RESIZE, flavor=flavor))


def destroy(caller: Caller, server_id: str, *, while_building: bool = False) -> Server:
    """Delete a server; again is fine. Spec: compute 3.3, 4.4.

    A server whose building has not ended can be deleted only `while_building`, then its
    removal waits for the end of that job.
    """
    server = servers.show(caller, server_id)
    check_lock(caller, server)
    check(Action.DESTROY, server.standing, admin=caller.is_admin)
    if server.task == Task.BUILD and not while_building:
        raise BuildInProgress("The server is still being built. Delete it in a moment.")
    with transaction.atomic(using=DB):
        row = servers.locked(caller, server_id)
        if row.deleted or row.task == Task.DESTROY:
            return row
        create_job = row.task_job_id if row.task == Task.BUILD else None
        _record(caller, row, Wish(action=Action.DESTROY), None)
        _later(row, Wish(action=Action.DESTROY), after=create_job)
    return row


def suspend(caller: Caller, server_id: str, *, suspended: bool) -> Server:
    """Suspend a server or let it go again; administrators only. Spec: compute 3.3."""
    if not caller.is_admin:
        raise Forbidden("Only an administrator may suspend a server.")
    with transaction.atomic(using=DB):
        row = servers.locked(caller, server_id)
        action = Action.SUSPEND if suspended else Action.UNSUSPEND
        check(action, row.standing, admin=True)
        row.suspended = suspended
        row.updated = clock.now()
        row.save(update_fields=["suspended", "updated"])
    return row


def _ask(caller: Caller, server_id: str, wish: Wish) -> Server:
    """Check, reserve, record and queue an action."""
    server = servers.show(caller, server_id)
    check_lock(caller, server)
    _check(caller, server, wish)
    wanted = commissions.provisions(server.userid, server.project, _charge(server, wish))
    name = f"client: api, {wish.action.lower()} server {server.id}"
    with commissions.reserve(wanted, name) as serial, transaction.atomic(using=DB):
        row = servers.locked(caller, server_id)
        if _facts(row) != _facts(server) or row.task is not None:
            raise WrongState("The server has changed in this moment. Look, and try again.")
        _record(caller, row, wish, serial)
        _later(row, wish)
    return row


def _check(caller: Caller, server: Server, wish: Wish) -> None:
    hotplug = conf.of(CycladesSettings).ganeti_use_hotplug
    check(wish.action, server.standing, admin=caller.is_admin, hotplug=hotplug)


def check_lock(caller: Caller, server: Server) -> None:
    """Refuse what would change a server that is locked."""
    if server.locked is not None and not caller.is_admin:
        raise Conflict("The server is locked. Unlock it first.")


def _facts(row: Server) -> tuple[object, ...]:
    """Answer what the charge of an action was reckoned for."""
    return row.operstate, row.userid, row.project, row.flavor_id


def _charge(server: Server, wish: Wish) -> costs.Charge:
    """Tell what must be promised before an action; what it frees is settled when it is done."""
    size = costs.Size(cpu=server.flavor.cpu, ram=server.flavor.ram)
    if wish.action in {Action.START, Action.REBOOT}:
        return costs.of_transition(server.state, State.STARTED, size)
    if wish.flavor is not None:
        new = costs.Size(cpu=wish.flavor.cpu, ram=wish.flavor.ram)
        return costs.of_resize(server.state, size, new)
    return {}


def _record(caller: Caller, row: Server, wish: Wish, serial: int | None) -> None:
    row.action = wish.action
    row.task = Task(wish.action.value)
    row.task_job_id = None
    row.task_since = row.updated = clock.now()
    row.serial_id = serial
    row.save()
    histories.began(caller, row, _WORDS.get(wish.action, wish.action.lower()))


_WORDS = {Action.DESTROY: "delete"}


def _later(row: Server, wish: Wish, *, after: int | None = None) -> None:
    since = row.task_since or clock.now()
    SUBMIT_ACTION.later(
        server_id=row.id,
        action=wish.action.value,
        since=since.isoformat(),
        hard=wish.hard,
        flavor_id=wish.flavor.id if wish.flavor else None,
        after=after,
    )


def waiting(server_id: int, action: str, since: str) -> Server | None:
    """Answer the server if it still waits for this action to be submitted."""
    rows = Server.objects.select_related("cluster", "flavor").filter(
        id=server_id,
        deleted=False,
        task=action,
        task_job_id=None,
        task_since=datetime.fromisoformat(since),
    )
    return rows.first()


def attach_job(server: Server, job: int) -> None:
    """Note which job does what the server waits for, unless its event was quicker."""
    Server.objects.filter(
        id=server.id, task=server.task, task_job_id=None, task_since=server.task_since
    ).update(task_job_id=job, backendjobid=job, backendjobstatus="queued", updated=clock.now())


def fail(server_id: int, since: str, reason: str) -> None:
    """Give up an action that its cluster refuses: quota back, task cleared, reason told."""
    with transaction.atomic(using=DB):
        rows = Server.objects.select_for_update(of=("self",)).filter(
            id=server_id, task_since=datetime.fromisoformat(since), task_job_id=None
        )
        server = rows.first()
        if server is None or server.task is None:
            return
        serial = server.serial_id
        if serial is not None:
            commissions.ledger().reject(serial)
        histories.diagnose(server, reason, source=server.task.lower())
        histories.ended(server.id, failure=reason)
        server.serial = None
        server.task = server.task_since = None
        server.updated = clock.now()
        server.save()
    if serial is not None:
        commissions.ledger().resolve([serial])
