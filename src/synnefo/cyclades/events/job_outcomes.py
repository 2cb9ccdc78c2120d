"""What clusters say about their jobs, from the bus to the use cases. Spec: compute 11."""

from collections.abc import Callable, Iterator

from synnefo.bus.port import Binding
from synnefo.cyclades.domain import names, remarks
from synnefo.cyclades.domain.instances import FINAL, NicSpec
from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.engines.instance_params import failure
from synnefo.cyclades.models import Cluster
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import clusters, network_outcomes, outcomes
from synnefo.cyclades.usecases.outcomes import News
from synnefo.kit import clock, conf
from synnefo.kit.logs import get_logger
from synnefo.serve.consumer import QueueOf, consumes, probes_clusters
from synnefo.wire import job_events
from synnefo.wire.job_events import JobEvent

log = get_logger(__name__)


_STATUSES = frozenset({"queued", "waiting", "canceling", "running", *FINAL})


class UnknownStatus(Exception):
    """A job is said to be in a state that we have not heard of; a person must look at it."""


def _queue(kind: str) -> Callable[[], list[QueueOf]]:
    def queues() -> list[QueueOf]:
        prefix = names.routing_prefix(conf.of(CycladesSettings).backend_prefix_id)
        binding = Binding(job_events.EXCHANGE, job_events.routing_key(kind, prefix))
        return [QueueOf(job_events.queue_name(kind, prefix), (binding,), kind == "op")]

    return queues


@consumes(_queue("op"))
def take_server_news(body: bytes) -> None:
    """Take news of an instance's job."""
    event = job_events.decode_event(body)
    if not event.operation.startswith("OP_INSTANCE_"):
        return
    news = news_of(event)
    if news is not None:
        outcomes.apply(news)


def news_of(event: JobEvent) -> News | None:
    """Read an event as news of one of our servers; None when the instance is not ours."""
    prefix = conf.of(CycladesSettings).backend_prefix_id
    server_id = names.server_of(prefix, event.instance or "")
    if server_id is None:
        return None
    if event.status not in _STATUSES:
        raise UnknownStatus(f"job {event.job_id} is '{event.status}'")
    reason, code = failure(event.result)
    size = event.job_fields.get("beparams") or {}
    return News(
        server_id=server_id,
        cluster=event.cluster,
        job=event.job_id,
        opcode=event.operation,
        status=event.status,
        moment=clock.from_timestamp(job_events.seconds_of(event.event_time)),
        reason=reason,
        code=code,
        log=None if event.logmsg is None else str(event.logmsg)[:2000],
        vcpus=size.get("vcpus"),
        memory_mib=size.get("maxmem") or size.get("memory"),
        nics=None if event.instance_nics is None else tuple(map(_nic, event.instance_nics)),
    )


def _nic(told: dict[str, object]) -> NicSpec:
    def text(key: str) -> str | None:
        value = told.get(key)
        return None if value is None else str(value)

    return NicSpec(
        name=text("name") or "",
        network=text("network") or "",
        ip=text("ip"),
        mac=text("mac"),
        mode=text("mode"),
        link=text("link"),
        firewall=text("firewall"),
        ssh_port=int(text("ssh_port") or 0) or None,
    )


@consumes(_queue("network"))
def take_network_news(body: bytes) -> None:
    """Take news of a network's job."""
    network_outcomes.apply(job_events.decode_event(body))


@consumes(_queue("net"))
def take_hook_news(body: bytes) -> None:
    """Take what a hook saw of an instance's network cards. Spec: compute 11.3."""
    told = job_events.decode_net_status(body)
    server_id = names.server_of(conf.of(CycladesSettings).backend_prefix_id, told.instance)
    if server_id is None:
        return
    moment = clock.from_timestamp(job_events.seconds_of(told.event_time))
    outcomes.saw_nics(server_id, tuple(map(_nic, told.nics)), moment)


@consumes(_queue("progress"))
def take_progress(body: bytes) -> None:
    """Take news of an image's deployment. Spec: compute 11.9."""
    told = job_events.decode_progress(body)
    server_id = names.server_of(conf.of(CycladesSettings).backend_prefix_id, told.instance)
    if server_id is None:
        return
    moment = clock.from_timestamp(job_events.seconds_of(told.event_time))
    if told.type == "image-copy-progress":
        if told.progress is None or told.progress < 0:
            raise job_events.Malformed(f"No progress: {told.progress}")
        outcomes.progress(server_id, told.progress, moment)
        return
    remark = remarks.of_deployment(
        told.type, told.subtype, told.messages, task=told.task or told.task_name or ""
    )
    if remark is not None:
        outcomes.remarked(server_id, remark, moment, details=told.stderr or told.details or "")


@probes_clusters
def probe(tag: str) -> Iterator[tuple[str, bool]]:
    """Have every online cluster's watcher give a sign of life. Spec: compute 11.6."""
    for cluster in Cluster.objects.filter(offline=False).order_by("id"):
        try:
            clusters.engine_of(cluster).cluster.beat(tag)
        except EngineError as error:
            log.warning("cluster-silent", cluster=cluster.clustername, why=str(error))
            yield cluster.clustername, False
        else:
            yield cluster.clustername, True


@consumes(_queue("cluster"))
def take_cluster_news(body: bytes) -> None:
    """Read a cluster's resources anew when its parameters changed."""
    event = job_events.decode_event(body)
    cluster = Cluster.objects.filter(clustername=event.cluster, offline=False).first()
    if cluster is None:
        return
    try:
        clusters.refresh(cluster)
    except EngineError as error:
        log.warning("cluster-not-refreshed", cluster=cluster.clustername, why=str(error))
