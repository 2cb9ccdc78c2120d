"""What was asked of a server, and what went wrong with it. Spec: compute 2.5, 4.9."""

from datetime import datetime

from synnefo.cyclades.models import Diagnostic, Server, ServerEvent
from synnefo.kit import clock, ids
from synnefo.kit.clock import stamp
from synnefo.serve.http import Caller


def began(caller: Caller, server: Server, action: str) -> None:
    """Record that somebody asked something of a server."""
    beginning(caller, server, action).save(force_insert=True)


def beginning(caller: Caller, server: Server, action: str) -> ServerEvent:
    """Answer the row that says that somebody asked something of a server."""
    return ServerEvent(
        server=server,
        action=action,
        request_id=ids.new_request_id(),
        userid=caller.user_id,
        project=caller.project_id,
        started=clock.now(),
    )


def noticed(server: Server, action: str, message: str) -> None:
    """Record something that happened to a server and that nobody asked for."""
    moment = clock.now()
    ServerEvent.objects.create(
        server=server,
        action=action,
        request_id=ids.new_request_id(),
        userid=server.userid,
        project=server.project,
        started=moment,
        finished=moment,
        result="Success",
        message=message,
    )


def ended(server_id: int, *, failure: str | None = None) -> None:
    """Record how whatever the server was busy with came out."""
    ServerEvent.objects.filter(server_id=server_id, finished=None).update(
        finished=clock.now(), result="Error" if failure else "Success", message=failure
    )


def diagnose(
    server: Server,
    message: str,
    *,
    level: str = "ERROR",
    source: str = "cluster",
    moment: datetime | None = None,
    details: str = "",
) -> None:
    """Tell a server's owner that something happened; the caller saves the server's row."""
    created = clock.now()
    Diagnostic.objects.create(
        server=server,
        level=level,
        source=source,
        source_date=moment,
        message=message[:255],
        details=details or message,
        created=created,
    )
    server.fault = {
        "level": level,
        "source": source,
        "message": message,
        "details": details,
        "created": stamp(created),
    }
