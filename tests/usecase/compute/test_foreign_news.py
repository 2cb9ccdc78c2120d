"""News that must change nothing, and diagnostics that an image's deployment leaves."""

from datetime import timedelta

import msgspec
import pytest

from synnefo.cyclades.events import job_outcomes
from synnefo.cyclades.models import Server
from synnefo.cyclades.usecases import servers
from synnefo.kit import clock
from synnefo.wire import job_events
from synnefo.wire.job_events import JobEvent, Malformed
from tests.support.compute import Stage, a_caller

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)


def running(stage: Stage) -> Server:
    """Answer a server that runs."""
    made = servers.create(a_caller(), stage.order()).servers[0]
    stage.run()
    server = Server.objects.select_related("cluster").get(id=made.id)
    assert server.operstate == "STARTED"
    return server


def event(server: Server, **changes: object) -> bytes:
    """Answer the news that a server was switched off."""
    told = {
        "type": "ganeti-op-status",
        "operation": "OP_INSTANCE_SHUTDOWN",
        "status": "success",
        "cluster": server.cluster.clustername if server.cluster else "",
        "jobId": 4711,
        "event_time": job_events.split_time(clock.now().timestamp()),
        "instance": f"snf-{server.id}",
        **changes,
    }
    return msgspec.json.encode(msgspec.convert(told, JobEvent))


def state(server: Server) -> str:
    """Answer a server's state as it is now."""
    return str(Server.objects.get(id=server.id).operstate)


def test_a_stranger_cluster_changes_nothing(stage: Stage) -> None:
    server = running(stage)
    job_outcomes.take_server_news(event(server, cluster="elsewhere"))
    assert state(server) == "STARTED"
    job_outcomes.take_server_news(event(server))
    assert state(server) == "STOPPED"


def test_an_unheard_of_status_goes_to_the_dead_letters(stage: Stage) -> None:
    server = running(stage)
    with pytest.raises(job_outcomes.UnknownStatus):
        job_outcomes.take_server_news(event(server, status="dreaming"))
    assert state(server) == "STARTED"


def progress(server: Server, **told: object) -> bytes:
    """Answer a message of an image's deployment."""
    now = job_events.split_time(clock.now().timestamp())
    return msgspec.json.encode({"instance": f"snf-{server.id}", "event_time": now, **told})


def test_a_deployment_tells_its_progress_and_its_troubles(stage: Stage) -> None:
    server = running(stage)
    job_outcomes.take_progress(progress(server, type="image-copy-progress", progress=70.7))
    warning = progress(
        server, type="image-warning", messages=["no", "swap"], stderr="mkswap: failed"
    )
    job_outcomes.take_progress(warning)
    job_outcomes.take_progress(warning)
    start = progress(server, type="image-helper", subtype="task-start", task="FixPartition")
    job_outcomes.take_progress(start)
    job_outcomes.take_progress(progress(server, type="image-error"))
    job_outcomes.take_progress(progress(server, type="image-poem"))
    row = Server.objects.get(id=server.id)
    assert row.buildpercentage == 70
    found = row.diagnostics.order_by("id").values_list("level", "source", "message", "details")
    assert list(found) == [
        ("WARNING", "image-warning", "no swap", "mkswap: failed"),
        ("DEBUG", "image-helper-task-start", "FixPartition", ""),
        ("ERROR", "image-error", "Image error", "Image error"),
    ]
    assert row.fault["message"] == "Image error"


def test_progress_that_is_none_is_malformed(stage: Stage) -> None:
    server = running(stage)
    with pytest.raises(Malformed):
        job_outcomes.take_progress(progress(server, type="image-copy-progress", progress=-1))


def test_a_hook_shows_cards_unless_it_is_late(stage: Stage) -> None:
    server = running(stage)
    late = server.backendtime - timedelta(seconds=1)
    for moment in (late, clock.now()):
        status = job_events.NetStatus(
            type="ganeti-net-status",
            instance=f"snf-{server.id}",
            event_time=job_events.split_time(moment.timestamp()),
            nics=[{"name": "snf-nic-999", "ip": None, "mac": "aa:00:00:00:00:01"}],
        )
        job_outcomes.take_hook_news(job_events.encode(status))
    assert state(server) == "STARTED"
    with pytest.raises(Malformed):
        job_outcomes.take_hook_news(b"{}")
