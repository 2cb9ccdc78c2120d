"""What the database believes of servers, compared with what a cluster has. Spec: compute 15.1.

Every difference comes with the news that would settle it, told to `outcomes.apply` as if a job
had said so; `reconcile` does that. Nothing is changed here.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from synnefo.cyclades.domain import differences, names
from synnefo.cyclades.domain.differences import Card, Disk, Kind
from synnefo.cyclades.domain.instances import InstanceFacts, JobFacts, is_final
from synnefo.cyclades.domain.server_states import NODE_LOST, State, Task
from synnefo.cyclades.engines.choose import Engine
from synnefo.cyclades.models import Cluster, Flavor, IPAddress, Port, Server, Volume
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.cyclades.usecases.outcomes import News
from synnefo.kit import clock, conf

NODE_PATIENCE = timedelta(seconds=30)
"""How long a node may be silent, as when its daemon is restarted."""
_NODE_GONE = frozenset({"ERROR_nodedown", "ERROR_nodeoffline"})
_nodeless: dict[int, datetime] = {}
"""Since when the nodes of servers are silent, as far as this process has seen."""

YOUNG = timedelta(seconds=30)
"""News of a task this young are still on their way."""

_OPCODES = {
    Task.BUILD: "OP_INSTANCE_CREATE",
    Task.START: "OP_INSTANCE_STARTUP",
    Task.STOP: "OP_INSTANCE_SHUTDOWN",
    Task.REBOOT: "OP_INSTANCE_REBOOT",
    Task.DESTROY: "OP_INSTANCE_REMOVE",
}
_MODIFY = "OP_INSTANCE_SET_PARAMS"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One difference, and the news that would settle it; None where only a person can."""

    kind: Kind
    server_id: int
    what: str
    news: News | None = None
    orphan: str | None = None
    """The instance that no living server has."""
    nameless: bool = False
    """Whether disks that no volume has must be taken over first."""

    @property
    def is_mendable(self) -> bool:
        """Tell whether it can be put right without a person."""
        return self.news is not None or self.orphan is not None


class _Belief(msgspec.Struct, frozen=True, kw_only=True):
    """What the database holds of one server."""

    server: Server
    cards: tuple[Card, ...]
    disks: tuple[Disk, ...]


class _View(msgspec.Struct, frozen=True, kw_only=True):
    """What a look needs besides one server."""

    engine: Engine
    prefix: str
    moment: datetime
    default_profile: str


def look(cluster: Cluster) -> list[Finding]:
    """Compare one cluster with the database. Raises EngineError, ServiceUnavailable."""
    view = _View(
        engine=engine_of(cluster),
        prefix=conf.of(CycladesSettings).backend_prefix_id,
        moment=clock.now(),
        default_profile=conf.of(NetworkSettings).default_firewall_profile,
    )
    beliefs = _beliefs(cluster)
    instances = {
        server_id: facts
        for facts in view.engine.compute.instances()
        if (server_id := names.server_of(view.prefix, facts.name)) is not None
    }
    found = [
        finding
        for server_id, belief in beliefs.items()
        for finding in _judge(view, belief, instances.get(server_id))
    ]
    return found + [_orphan(i, instances[i]) for i in instances.keys() - beliefs.keys()]


def _beliefs(cluster: Cluster) -> dict[int, _Belief]:
    """Read the living servers of a cluster with their cards and disks, in four queries."""
    rows = Server.objects.filter(cluster=cluster, deleted=False)
    servers = rows.select_related("flavor").defer("guest", "metadata", "fault")
    cards, disks = _cards_of(cluster), _disks_of(cluster)
    return {
        server.id: _Belief(
            server=server,
            cards=tuple(cards.get(server.id, ())),
            disks=tuple(disks.get(server.id, ())),
        )
        for server in servers
    }


def _cards_of(cluster: Cluster) -> dict[int, list[Card]]:
    held = IPAddress.objects.live().filter(port__server__cluster=cluster, ipversion=4)
    addresses = dict(held.values_list("port_id", "address"))
    found: dict[int, list[Card]] = defaultdict(list)
    rows = Port.objects.filter(server__cluster=cluster, server__deleted=False)
    for port in rows.order_by("id"):
        found[port.server_id or 0].append(
            Card(
                id=port.id,
                network_id=port.network_id,
                mac=port.mac,
                index=port.index,
                state=port.state,
                firewall=port.firewall_profile,
                ipv4=addresses.get(port.id),
                public=port.public,
                created=port.created,
            )
        )
    return found


def _disks_of(cluster: Cluster) -> dict[int, list[Disk]]:
    found: dict[int, list[Disk]] = defaultdict(list)
    rows = Volume.objects.filter(server__cluster=cluster, deleted=False).order_by("id")
    for row in rows.values_list("server_id", "id", "size", "index", "status", "created"):
        server_id, volume_id, size, index, status, created = row
        found[server_id or 0].append(
            Disk(id=volume_id, size=size, index=index, status=status, created=created)
        )
    return found


def _judge(view: _View, belief: _Belief, facts: InstanceFacts | None) -> Iterable[Finding]:
    server = belief.server
    if server.task is not None:
        return _judge_task(view, server, facts)
    if server.state is State.BUILD:
        return _judge_build(server, facts, view.moment)
    if facts is None:
        return _judge_absent(server, view.moment)
    if server.state is State.ERROR and not facts.running:
        returned = server.launched is not None and facts.status not in _NODE_GONE
        return _judge_state(server, facts, view.moment) if returned else []
    return [
        *_judge_state(server, facts, view.moment),
        *_judge_size(server, facts, view.moment),
        *_judge_cards(view, belief, facts),
        *_judge_disks(view, belief, facts),
    ]


def _judge_task(view: _View, server: Server, facts: InstanceFacts | None) -> list[Finding]:
    """Ask how the job of a pending task came out; one that nobody knows is lost."""
    since = server.task_since or server.updated
    if server.task_job_id is None or view.moment - since < YOUNG:
        return []
    kind = Kind.BUILD if server.task == Task.BUILD else Kind.TASK
    job = view.engine.compute.job(server.task_job_id)
    if job is None:
        return _judge_lost(kind, server, facts, view.moment)
    if not is_final(job.status):
        return []
    opcode = job.opcode or _opcode_of(server)
    news = news_of(server, opcode, job.status, view.moment, job=job)
    return [_found(kind, server, f"{server.task} ended unnoticed", news)]


def _opcode_of(server: Server) -> str:
    return _OPCODES.get(Task(str(server.task)), _MODIFY)


def _judge_lost(
    kind: Kind, server: Server, facts: InstanceFacts | None, moment: datetime
) -> list[Finding]:
    task = Task(str(server.task))
    news = news_of(
        server,
        _opcode_of(server),
        "success" if _is_done(task, facts) else "error",
        moment,
        job=JobFacts(id=server.task_job_id or 0, status="", opcode="", reason="The job was lost."),
    )
    return [_found(kind, server, f"the job of {task} is lost", news)]


def _is_done(task: Task, facts: InstanceFacts | None) -> bool:
    """Tell whether the world looks as if a task had succeeded."""
    if task is Task.DESTROY:
        return facts is None
    if facts is None or _OPCODES.get(task) is None:
        return False
    return facts.running is not (task is Task.STOP)


def _judge_build(server: Server, facts: InstanceFacts | None, moment: datetime) -> list[Finding]:
    if moment - server.updated < YOUNG:
        return []
    status = "success" if facts is not None and facts.running else "error"
    news = news_of(server, "OP_INSTANCE_CREATE", status, moment)
    return [_found(Kind.BUILD, server, "a build without a job", news)]


def _judge_absent(server: Server, moment: datetime) -> list[Finding]:
    """A server whose instance is gone was removed; one that failed stays for its owner to see."""
    if server.state is State.ERROR and server.action != "DESTROY":
        return []
    news = news_of(server, "OP_INSTANCE_REMOVE", "success", moment)
    return [_found(Kind.STALE, server, "its instance is gone", news)]


def _judge_lost_node(server: Server, facts: InstanceFacts, moment: datetime) -> list[Finding]:
    """A node that is gone for longer than a restart of its daemon takes its servers along."""
    since = _nodeless.setdefault(server.id, moment)
    if server.state is not State.STARTED or moment - since < NODE_PATIENCE:
        return []
    reason = f"The node {facts.node} that it runs on does not answer."
    news = news_of(server, NODE_LOST, "success", moment)
    told = msgspec.structs.replace(news, reason=reason)
    return [_found(Kind.STATE, server, "its node does not answer", told)]


def _judge_state(server: Server, facts: InstanceFacts, moment: datetime) -> list[Finding]:
    if facts.status in _NODE_GONE:
        return _judge_lost_node(server, facts, moment)
    _nodeless.pop(server.id, None)
    if (server.state is State.STARTED) is facts.running and server.state is not State.ERROR:
        return []
    opcode = "OP_INSTANCE_STARTUP" if facts.running else "OP_INSTANCE_SHUTDOWN"
    what = "it runs" if facts.running else "it does not run"
    news = news_of(server, opcode, "success", moment)
    return [_found(Kind.STATE, server, what, news)]


def _judge_size(server: Server, facts: InstanceFacts, moment: datetime) -> list[Finding]:
    ours, theirs = (server.flavor.cpu, server.flavor.ram), (facts.vcpus, facts.memory_mib)
    if not all(theirs) or ours == theirs:
        return []
    what = f"it has {theirs[0]} processors and {theirs[1]} MiB, not {ours[0]} and {ours[1]}"
    alike = Flavor.objects.filter(
        disk=server.flavor.disk, volume_type=server.flavor.volume_type_id
    )
    if not alike.filter(cpu=theirs[0], ram=theirs[1]).exists():
        return [_found(Kind.FLAVOR, server, f"{what}; no flavor is like that", None)]
    news = news_of(server, _MODIFY, "success", moment)
    sized = msgspec.structs.replace(news, vcpus=theirs[0], memory_mib=theirs[1])
    return [_found(Kind.FLAVOR, server, what, sized)]


def _judge_cards(view: _View, belief: _Belief, facts: InstanceFacts) -> list[Finding]:
    nics = differences.guarded(facts)
    wrong = differences.of_cards(
        belief.cards,
        nics,
        prefix=view.prefix,
        moment=view.moment,
        default=view.default_profile,
    )
    if not wrong:
        return []
    news = news_of(belief.server, _MODIFY, "success", view.moment)
    what = "; ".join(wrong)
    return [_found(Kind.NICS, belief.server, what, msgspec.structs.replace(news, nics=nics))]


def _judge_disks(view: _View, belief: _Belief, facts: InstanceFacts) -> list[Finding]:
    wrong = differences.of_disks(belief.disks, facts.disks, prefix=view.prefix, moment=view.moment)
    if not wrong:
        return []
    nameless = any(names.volume_of(view.prefix, one.name) is None for one in facts.disks)
    news = news_of(belief.server, _MODIFY, "success", view.moment)
    return [
        Finding(
            kind=Kind.DISKS,
            server_id=belief.server.id,
            what="; ".join(wrong),
            news=msgspec.structs.replace(news, disks=facts.disks),
            nameless=nameless,
        )
    ]


def _found(kind: Kind, server: Server, what: str, news: News | None) -> Finding:
    return Finding(kind=kind, server_id=server.id, what=what, news=news)


def _orphan(server_id: int, facts: InstanceFacts) -> Finding:
    what = "no living server has it"
    return Finding(kind=Kind.ORPHAN, server_id=server_id, what=what, orphan=facts.name)


def news_of(
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
