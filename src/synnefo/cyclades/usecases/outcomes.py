"""What finished jobs mean for servers: state, quota, ports, volumes.

Events and the settle sweep both come here; late, doubled or swapped news change nothing they
should not. Spec: compute 11.7, 11.8, 13.4.
"""

from datetime import datetime

import msgspec
from django.db import transaction

from synnefo.cyclades.domain import costs
from synnefo.cyclades.domain.instances import FINAL, DiskSpec, NicSpec, is_final
from synnefo.cyclades.domain.remarks import Remark
from synnefo.cyclades.domain.server_states import NODE_LOST, State, Task, after
from synnefo.cyclades.models import Flavor, Server
from synnefo.cyclades.usecases import (
    builds,
    commissions,
    disk_outcomes,
    histories,
    nic_outcomes,
    ports,
    volume_outcomes,
)
from synnefo.cyclades.usecases.volume_outcomes import Held
from synnefo.kit import clock
from synnefo.kit.faults import Conflict, OverLimit, ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.serve.consumer import soon
from synnefo.serve.rows import locked, read, values_of, write_changes
from synnefo.serve.statements import fetch, is_postgresql

log = get_logger(__name__)
DB = "cyclades"
CREATE = "OP_INSTANCE_CREATE"
REMOVE = "OP_INSTANCE_REMOVE"
SHUTDOWN = "OP_INSTANCE_SHUTDOWN"
MODIFY = "OP_INSTANCE_SET_PARAMS"
_TASKS = {
    CREATE: {Task.BUILD},
    "OP_INSTANCE_STARTUP": {Task.START},
    SHUTDOWN: {Task.STOP},
    "OP_INSTANCE_REBOOT": {Task.REBOOT},
    REMOVE: {Task.DESTROY},
    MODIFY: {
        Task.RESIZE,
        Task.CONNECT,
        Task.DISCONNECT,
        Task.ATTACH_VOLUME,
        Task.DETACH_VOLUME,
    },
}
_SHOWN = {"OP_INSTANCE_REBOOT", MODIFY}
"""Jobs whose steps change the status that is shown. Spec: compute 3.1."""
_LISTS_NICS = {CREATE, MODIFY, "OP_INSTANCE_STARTUP"}
_IS_PENDING = "SELECT 1 FROM cyclades_quotaholderserial WHERE serial = %s AND pending"
_NOTE = """
UPDATE cyclades_server SET backendjobid = %s, backendopcode = %s, backendjobstatus = %s,
  backendlogmsg = %s, updated = %s,
  task_job_id = CASE WHEN task_job_id IS NULL AND task = %s THEN %s ELSE task_job_id END
WHERE id = %s AND NOT deleted AND backendtime = %s
  AND NOT coalesce(backendjobid = %s AND backendjobstatus IN ({}), false)
""".format(", ".join(["%s"] * len(FINAL)))
_NOTE_SOON = f"{_NOTE} AND set_config('synchronous_commit', 'off', true) = 'off'"

_WENT_OFF = "It went off without being asked to: the guest shut down, or its QEMU ended."
_UNSETTLED = "A release that a crash left undecided is in the way; it is settled soon."


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a job on one server. `job` 0 is the sweep's own observation."""

    server_id: int
    cluster: str | None = None
    """Who told it; None for what a look at the server's own cluster found."""
    job: int
    opcode: str
    status: str
    moment: datetime
    reason: str = ""
    code: str = ""
    log: str | None = None
    vcpus: int | None = None
    memory_mib: int | None = None
    nics: tuple[NicSpec, ...] | None = None
    disks: tuple[DiskSpec, ...] | None = None

    @property
    def is_final(self) -> bool:
        """Tell whether the job has ended."""
        return is_final(self.status)


class NoSuchFlavor(Exception):
    """A server has a size that no flavor has: make one, then `queue-retry`. Spec: compute 11.8."""


class _MovedOn(Exception):
    """The server changed between reading it and locking it: look again."""


def apply(news: News) -> None:
    """Take news of a server over; ServiceUnavailable when it should be told again later."""
    for _attempt in range(5):
        beside = ("flavor", "cluster")
        found = read(Server, "WHERE t.id = %s", [news.server_id], beside=beside)
        server = found[0] if found else None
        if server is None or _is_stale(server, news):
            return
        try:
            if news.is_final:
                _finish(server, news)
            else:
                _note(server, news)
        except (_MovedOn, Conflict):
            continue
        except OverLimit as fault:
            raise ServiceUnavailable(f"{_UNSETTLED} {fault.message}") from fault
        return
    raise ServiceUnavailable("This server changes faster than its news can be read.")


def _is_stale(server: Server, news: News) -> bool:
    """Tell whether news are older than what is known, or of a cluster that is not the server's.

    A job that is awaited, or newer than any known one, is believed whatever its clock says:
    clocks can be set back, job numbers only grow.
    """
    if server.deleted or not _is_from_home(server, news):
        return True
    if news.job and server.task_job_id == news.job:
        return False
    known = server.backendjobid or 0
    if news.job == known and news.job and is_final(server.backendjobstatus):
        return True
    return news.moment <= server.backendtime and news.job <= known


def _is_from_home(server: Server, news: News) -> bool:
    """Tell whether news come from a server's own cluster: each numbers its jobs by itself."""
    if news.cluster is None:
        return True
    if server.cluster is not None and server.cluster.clustername == news.cluster:
        return True
    log.error("event-of-a-stranger", server=server.id, cluster=news.cluster)
    return False


def _note(server: Server, news: News) -> None:
    """Remember how far a running job is; nothing else follows from it.

    So it need not outlive a crash of PostgreSQL: the end of the job tells more.
    """
    told = [news.job, news.opcode, news.status, news.log]
    updated = clock.now() if news.opcode in _SHOWN else server.updated
    adopts = server.task_job_id is None and _fits(server, news)
    awaited = [server.task if adopts else None, news.job]
    known = [server.id, server.backendtime, news.job, *sorted(FINAL)]
    statement = _NOTE_SOON if is_postgresql(DB) else _NOTE
    fetch(DB, statement, [*told, updated, *awaited, *known])


def _fits(server: Server, news: News) -> bool:
    return server.task is not None and Task(server.task) in _TASKS.get(news.opcode, ())


def _adopt(row: Server, news: News) -> None:
    """Take an event's job for the one that the server waits for, if nobody knows it yet."""
    if row.task_job_id is None and news.job and _fits(row, news):
        row.task_job_id = news.job


def _remember_job(row: Server, news: News) -> None:
    row.backendjobid = news.job or row.backendjobid
    row.backendopcode = news.opcode
    row.backendjobstatus = news.status
    row.backendlogmsg = news.log
    row.updated = clock.now()


def _finish(server: Server, news: News) -> None:
    """Apply a finished job: promise what was not foreseen, then change everything at once."""
    succeeded = _succeeded(news)
    target = State.DESTROYED if succeeded and news.opcode == REMOVE else None
    target = target or after(news.opcode, news.status, server.state)
    foreseen = _is_awaited(server, news) and _is_promised(server)
    charge = {} if foreseen or not succeeded else _charge(server, news, target)
    wanted = commissions.provisions(server.userid, server.project, charge)
    held = _volumes(server, news)
    if charge and target is State.DESTROYED:
        wanted += volume_outcomes.given_back(held.values())
    if _shows_disks(news):
        wanted += disk_outcomes.provisions(server, news.disks or (), news.moment)
    name, asked = f"client: dispatcher, server {server.id}, job {news.job}", clock.monotonic()
    kept = server.serial_id if foreseen else None
    with (
        commissions.reserve(wanted, name, force=True, tell=False, note=False) as serial,
        transaction.atomic(using=DB),
    ):
        row = locked(server)
        if _facts(row) != _facts(server) or _volumes(row, news) != held:
            raise _MovedOn
        row.flavor, row.cluster = server.flavor, server.cluster
        before = values_of(row)
        if serial is not None:
            receipt = commissions.ledger().receipt(serial, clock.monotonic() - asked)
            receipt.save(force_insert=True)
        _settle_quota(kept, succeeded=succeeded)
        _change(row, news, target, succeeded=succeeded)
        write_changes(row, before)
    if kept is not None or serial is not None:
        soon(commissions.tell_decided)


def _shows_disks(news: News) -> bool:
    return news.disks is not None and news.opcode == MODIFY and _succeeded(news)


def _volumes(row: Server, news: News) -> dict[int, Held]:
    """Answer the holders and sizes of a server's volumes where the news are about them."""
    if not (_shows_disks(news) or (news.opcode == REMOVE and _succeeded(news))):
        return {}
    rows = row.volumes.filter(deleted=False).values_list("id", "userid", "project", "size")
    return {key: (user, project, size) for key, user, project, size in rows}


def _is_promised(server: Server) -> bool:
    """Tell whether the server's own promise still stands; an old one may have been rejected."""
    if server.serial_id is None:
        return False
    return bool(fetch(DB, _IS_PENDING, [server.serial_id]))


def _facts(row: Server) -> tuple[object, ...]:
    """Answer what a decision about a server was based on."""
    return (
        row.userid,
        row.project,
        row.operstate,
        row.deleted,
        row.task,
        row.task_job_id,
        row.serial_id,
        row.flavor_id,
        row.backendtime,
    )


def _succeeded(news: News) -> bool:
    """Tell success; removing what is not there counts as one. Spec: compute 11.8."""
    gone = news.code == "unknown_entity" or "not known" in news.reason
    return news.status == "success" or (news.opcode == REMOVE and gone)


def _is_awaited(server: Server, news: News) -> bool:
    return _fits(server, news) and server.task_job_id in {None, news.job}


def _charge(server: Server, news: News, target: State) -> costs.Charge:
    """Tell what follows for a server without its volumes: each is on its own project."""
    size = costs.Size(cpu=server.flavor.cpu, ram=server.flavor.ram)
    flavor = _new_flavor(server, news)
    if flavor is not None:
        new = costs.Size(cpu=flavor.cpu, ram=flavor.ram)
        return costs.of_resize(server.state, size, new)
    return costs.of_transition(server.state, target, size)


def _new_flavor(server: Server, news: News) -> Flavor | None:
    """Find the flavor of a server's new size; NoSuchFlavor where there is none."""
    old = server.flavor
    size = (news.vcpus or old.cpu, news.memory_mib or old.ram)
    if news.opcode != MODIFY or (old.cpu, old.ram) == size:
        return None
    alike = Flavor.objects.filter(disk=old.disk, volume_type=old.volume_type_id)
    found = alike.filter(cpu=size[0], ram=size[1]).first()
    if found is None:
        raise NoSuchFlavor(f"server {server.id} has {size[0]} processors and {size[1]} MiB now")
    return found


def _settle_quota(kept: int | None, *, succeeded: bool) -> None:
    ledger = commissions.ledger()
    if kept is not None and succeeded:
        ledger.accept(kept)
    elif kept is not None:
        ledger.reject(kept)


def _change(row: Server, news: News, target: State, *, succeeded: bool) -> None:
    """Put everything that follows from a finished job into a locked row."""
    _adopt(row, news)
    _remember_job(row, news)
    awaited = _is_awaited(row, news)
    if succeeded or news.opcode == CREATE:
        row.backendtime = news.moment
    if succeeded:
        if news.opcode == SHUTDOWN and row.task is None and row.state is State.STARTED:
            histories.noticed(row, "stop", _WENT_OFF)
        if news.opcode == NODE_LOST:
            histories.diagnose(row, news.reason, source="cluster", moment=news.moment)
        _succeed(row, news, target)
    else:
        _fail(row, news, awaited=awaited)
    if awaited and news.opcode == MODIFY:
        volume_outcomes.settle(row, succeeded=succeeded)
    if awaited:
        row.serial = None
        row.task = row.task_job_id = row.task_since = None
        histories.ended(row.id, failure=None if succeeded else news.reason or "It failed.")


def _succeed(row: Server, news: News, target: State) -> None:
    flavor = _new_flavor(row, news)
    if flavor is not None:
        row.flavor = flavor
    if target is State.DESTROYED:
        _bury(row)
        return
    if news.opcode == CREATE:
        row.launched, row.buildpercentage, row.fault = news.moment, 100, None
        row.volumes.filter(deleted=False).update(status="IN_USE", updated=row.updated)
    row.operstate = target
    if news.nics is not None and news.opcode in _LISTS_NICS:
        nic_outcomes.observe(row, news.nics, news.moment)
    if news.disks is not None and _shows_disks(news):
        disk_outcomes.observe(row, news.disks, news.moment)


def _fail(row: Server, news: News, *, awaited: bool) -> None:
    reason = news.reason or f"The cluster gave the job {news.job} up ({news.status})."
    if news.opcode == CREATE:
        if row.state is State.BUILD:
            builds.mark_failed(row, reason)
    elif awaited:
        histories.diagnose(row, reason, source=str(row.task).lower(), moment=news.moment)


def _bury(row: Server) -> None:
    """Mark a server deleted: addresses and volumes go with it."""
    ports.release(row)
    row.volumes.filter(deleted=False).update(
        deleted=True, status="DELETED", server=None, updated=row.updated
    )
    row.deleted = True
    row.operstate = State.DESTROYED
    row.terminated = clock.now()
    row.task = row.task_job_id = row.task_since = None
    histories.ended(row.id)


def bury_unbuilt(server_id: int) -> None:
    """Delete a server that no cluster was ever asked to build."""
    commissions.tell_decided()
    apply(
        News(
            server_id=server_id,
            job=0,
            opcode=REMOVE,
            status="success",
            moment=clock.now(),
        )
    )


def progress(server_id: int, percent: float, moment: datetime) -> None:
    """Note how much of an image has been copied. Spec: compute 11.9."""
    if percent < 0:
        return
    Server.objects.filter(id=server_id, deleted=False).update(
        buildpercentage=min(int(percent), 100), updated=clock.now()
    )


def saw_nics(server_id: int, nics: tuple[NicSpec, ...], moment: datetime) -> None:
    """Take over the network cards that a hook saw, unless that is old. Spec: compute 11.3."""
    with transaction.atomic(using=DB):
        row = Server.objects.select_for_update(of=("self",)).filter(id=server_id).first()
        if row is not None and not row.deleted and moment > row.backendtime:
            nic_outcomes.observe(row, nics, moment)


def remarked(server_id: int, remark: Remark, moment: datetime, *, details: str = "") -> None:
    """Note what an image's deployment says, for the server's owner. Spec: compute 11.9."""
    with transaction.atomic(using=DB):
        row = Server.objects.select_for_update(of=("self",)).filter(id=server_id).first()
        if row is None or row.deleted:
            return
        known = row.diagnostics.filter(source=remark.source, source_date=moment)
        if known.filter(message=remark.message[:255]).exists():
            return
        histories.note(row, remark, moment=moment, details=details)
