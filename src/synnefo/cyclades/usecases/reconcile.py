"""What the database believes, compared with what clusters have. Spec: compute 15.1.

The differences are told to `outcomes.apply` as if a job had said so: lost events, machines that
died and stuck servers converge by the same road that everything else takes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from synnefo.cyclades.domain import names
from synnefo.cyclades.domain.instances import InstanceFacts, JobFacts, is_final
from synnefo.cyclades.domain.server_states import State, Task
from synnefo.cyclades.engines.choose import Engine
from synnefo.cyclades.models import Cluster, Server
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import builds, outcomes, server_actions
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.cyclades.usecases.outcomes import News
from synnefo.kit import clock, conf
from synnefo.kit.faults import ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.serve import errands

log = get_logger(__name__)
YOUNG = timedelta(seconds=30)
"""News of a task this young are still on their way."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One difference, and the news that would settle it; None where only a person can."""

    server_id: int
    what: str
    news: News | None = None
    orphan: str | None = None


def look(cluster: Cluster) -> list[Finding]:
    """Compare one cluster with the database. Raises EngineError, ServiceUnavailable."""
    moment = clock.now()
    servers = {
        server.id: server
        for server in Server.objects.filter(cluster=cluster, deleted=False).defer("guest")
    }
    engine = engine_of(cluster)
    prefix = conf.of(CycladesSettings).backend_prefix_id
    instances = {
        server_id: facts
        for facts in engine.compute.instances()
        if (server_id := names.server_of(prefix, facts.name)) is not None
    }
    found = [
        finding
        for server in servers.values()
        for finding in _judge(engine, server, instances.get(server.id), moment)
    ]
    strangers = [instances[server_id] for server_id in instances.keys() - servers.keys()]
    return found + _orphans(prefix, strangers)


def _judge(
    engine: Engine, server: Server, facts: InstanceFacts | None, moment: datetime
) -> Iterable[Finding]:
    if server.task is not None:
        return _judge_task(engine, server, facts, moment)
    if server.state is State.BUILD:
        return _judge_build(server, facts, moment)
    if facts is None:
        return _judge_absent(server, moment)
    return _judge_running(server, facts, moment)


def _judge_task(
    engine: Engine, server: Server, facts: InstanceFacts | None, moment: datetime
) -> list[Finding]:
    """Ask how the job of a pending task came out; one that nobody knows is lost."""
    since = server.task_since or server.updated
    if server.task_job_id is None or moment - since < YOUNG:
        return []
    job = engine.compute.job(server.task_job_id)
    if job is None:
        return _judge_lost(server, facts, moment)
    if not is_final(job.status):
        return []
    opcode = job.opcode or _OPCODES.get(Task(str(server.task)), "")
    news = _news(server, opcode, job.status, moment, job=job)
    return [Finding(server_id=server.id, what=f"{server.task} ended unnoticed", news=news)]


def _judge_lost(server: Server, facts: InstanceFacts | None, moment: datetime) -> list[Finding]:
    task = Task(str(server.task))
    done = _is_done(task, facts)
    news = _news(
        server,
        _OPCODES[task],
        "success" if done else "error",
        moment,
        job=JobFacts(id=server.task_job_id or 0, status="", opcode="", reason="The job was lost."),
    )
    return [Finding(server_id=server.id, what=f"the job of {task} is lost", news=news)]


def _is_done(task: Task, facts: InstanceFacts | None) -> bool:
    """Tell whether the world looks as if a task had succeeded."""
    if task is Task.DESTROY:
        return facts is None
    if facts is None or task is Task.RESIZE:
        return False
    return facts.running is not (task is Task.STOP)


_OPCODES = {
    Task.BUILD: "OP_INSTANCE_CREATE",
    Task.START: "OP_INSTANCE_STARTUP",
    Task.STOP: "OP_INSTANCE_SHUTDOWN",
    Task.REBOOT: "OP_INSTANCE_REBOOT",
    Task.DESTROY: "OP_INSTANCE_REMOVE",
    Task.RESIZE: "OP_INSTANCE_SET_PARAMS",
    Task.CONNECT: "OP_INSTANCE_SET_PARAMS",
    Task.DISCONNECT: "OP_INSTANCE_SET_PARAMS",
}


def _judge_build(server: Server, facts: InstanceFacts | None, moment: datetime) -> list[Finding]:
    if moment - server.updated < YOUNG:
        return []
    status = "success" if facts is not None and facts.running else "error"
    news = _news(server, "OP_INSTANCE_CREATE", status, moment)
    return [Finding(server_id=server.id, what="a build without a job", news=news)]


def _judge_absent(server: Server, moment: datetime) -> list[Finding]:
    """A server whose instance is gone was removed; one that failed stays for its owner to see."""
    if server.state is State.ERROR:
        return []
    news = _news(server, "OP_INSTANCE_REMOVE", "success", moment)
    return [Finding(server_id=server.id, what="its instance is gone", news=news)]


def _judge_running(server: Server, facts: InstanceFacts, moment: datetime) -> list[Finding]:
    believed = server.state is State.STARTED
    if server.state is State.ERROR and not facts.running:
        return []
    if believed is facts.running:
        return []
    opcode = "OP_INSTANCE_STARTUP" if facts.running else "OP_INSTANCE_SHUTDOWN"
    what = "it runs" if facts.running else "it does not run"
    news = _news(server, opcode, "success", moment)
    return [Finding(server_id=server.id, what=what, news=news)]


def saw_stopped(server: Server) -> None:
    """Take over that a server was seen not to run. Spec: compute 18.1."""
    if server.task is None and server.state is State.STARTED:
        outcomes.apply(_news(server, "OP_INSTANCE_SHUTDOWN", "success", clock.now()))


def _news(
    server: Server, opcode: str, status: str, moment: datetime, *, job: JobFacts | None = None
) -> News:
    """Write an observation; it is newer than all that was known when it was made."""
    ended = clock.from_timestamp(job.ended) if job is not None and job.ended else moment
    return News(
        server_id=server.id,
        job=(job.id if job else 0),
        opcode=opcode,
        status=status,
        moment=max(ended, server.backendtime + timedelta(microseconds=1)),
        reason=job.reason if job else "",
        code=job.code if job else "",
        vcpus=job.vcpus if job else None,
        memory_mib=job.memory_mib if job else None,
    )


def _orphans(prefix: str, strangers: list[InstanceFacts]) -> list[Finding]:
    """List instances without a living server; those of deleted servers may be removed."""
    found = []
    for facts in strangers:
        server_id = names.server_of(prefix, facts.name) or 0
        found.append(
            Finding(server_id=server_id, what="no living server has it", orphan=facts.name)
        )
    return found


def settle(cluster: Cluster, *, orphans: bool = False) -> list[Finding]:
    """Compare and put right; answers what was found.

    Instances of deleted servers are removed; those that no row ever named only with `orphans`.
    """
    found = look(cluster)
    for finding in found:
        log.warning("reconciled", server=finding.server_id, what=finding.what)
        if finding.news is not None:
            _take(finding.news)
        elif finding.orphan is not None and (orphans or _is_buried(finding.server_id)):
            engine_of(cluster).compute.remove(finding.orphan)
    return found


def _take(news: News) -> None:
    """Take one observation over; what cannot be settled now waits for the next look."""
    try:
        outcomes.apply(news)
    except ServiceUnavailable as fault:
        log.warning("not-settled", server=news.server_id, why=fault.message)


def _is_buried(server_id: int) -> bool:
    long_ago = clock.now() - timedelta(seconds=60)
    rows = Server.objects.filter(id=server_id, deleted=True)
    return rows.filter(terminated__lt=long_ago).exists()


def abandoned(*, patience: timedelta) -> list[Server]:
    """List servers whose task was never taken to a cluster and whose errand is gone."""
    long_ago = clock.now() - patience
    rows = Server.objects.filter(deleted=False, task_job_id=None, task_since__lt=long_ago)
    found = list(rows.exclude(task=None).defer("guest"))
    if not found:
        return []
    queued = errands.table("cyclades").filter(arguments__has_key="server_id")
    awaited = set(queued.values_list("arguments__server_id", flat=True))
    return [server for server in found if server.id not in awaited]


def give_up(server: Server) -> None:
    """End a task that nobody will carry out any more."""
    reason = "Nobody carried this out in time. Try again."
    if server.task == Task.BUILD:
        builds.fail(server.id, reason)
    elif server.task_since is not None:
        server_actions.fail(server.id, server.task_since.isoformat(), reason)
