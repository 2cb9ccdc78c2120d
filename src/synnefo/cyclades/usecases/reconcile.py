"""Differences between the database and clusters, put right. Spec: compute 15.1.

What a look finds is told to `outcomes.apply` as if a job had said so: lost events, machines that
died and stuck servers converge by the same road that everything else takes.
"""

from collections.abc import Collection
from datetime import timedelta

from synnefo.cyclades.domain.differences import Kind
from synnefo.cyclades.domain.server_states import State, Task
from synnefo.cyclades.models import Cluster, Server
from synnefo.cyclades.usecases import builds, disk_outcomes, outcomes, server_actions
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.cyclades.usecases.outcomes import News
from synnefo.cyclades.usecases.server_audit import Finding, look, news_of
from synnefo.kit import clock
from synnefo.kit.faults import ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.serve import errands

log = get_logger(__name__)

UNASKED = frozenset(Kind) - {Kind.ORPHAN}
"""What the sweep puts right; of orphans only those of servers that were deleted."""


def settle(cluster: Cluster, *, kinds: Collection[Kind] = UNASKED) -> list[Finding]:
    """Compare, put the differences of these kinds right, and answer everything that was found.

    Instances of deleted servers are removed in any case when orphans are not asked for by kind:
    those that no row ever named only with `Kind.ORPHAN`.
    """
    found = look(cluster)
    for finding in found:
        if finding.kind in kinds or _is_buried(finding):
            log.warning("reconciled", server=finding.server_id, what=finding.what)
            mend(cluster, finding)
    return found


def mend(cluster: Cluster, finding: Finding) -> None:
    """Put one difference right, where that can be done without a person."""
    if finding.orphan is not None:
        engine_of(cluster).compute.remove(finding.orphan)
    elif finding.nameless:
        disk_outcomes.adopt(cluster, finding.server_id)
    elif finding.news is not None:
        _take(finding.news)


def _take(news: News) -> None:
    """Take one observation over; what cannot be settled now waits for the next look."""
    try:
        outcomes.apply(news)
    except ServiceUnavailable as fault:
        log.warning("not-settled", server=news.server_id, why=fault.message)


def _is_buried(finding: Finding) -> bool:
    if finding.orphan is None:
        return False
    long_ago = clock.now() - timedelta(seconds=60)
    rows = Server.objects.filter(id=finding.server_id, deleted=True)
    return rows.filter(terminated__lt=long_ago).exists()


def saw_stopped(server: Server) -> None:
    """Take over that a server was seen not to run. Spec: compute 18.1."""
    if server.task is None and server.state is State.STARTED:
        outcomes.apply(news_of(server, "OP_INSTANCE_SHUTDOWN", "success", clock.now()))


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
