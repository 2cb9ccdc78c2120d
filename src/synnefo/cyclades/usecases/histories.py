"""What was asked of a server, and what went wrong with it. Spec: compute 2.5, 4.9."""

from datetime import datetime

from synnefo.cyclades.domain.remarks import Remark
from synnefo.cyclades.models import Diagnostic, Server, ServerEvent
from synnefo.kit import clock, ids
from synnefo.kit.clock import stamp
from synnefo.serve.http import Caller
from synnefo.serve.statements import fetch

_END = """
UPDATE cyclades_serverevent SET finished = %s, result = %s, message = %s
WHERE server_id = %s AND finished IS NULL
"""


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
    result = "Error" if failure else "Success"
    fetch("cyclades", _END, [clock.now(), result, failure, server_id])


def note(server: Server, remark: Remark, *, moment: datetime, details: str) -> None:
    """Keep a remark on a server whose row is locked; an error is shown with the server too."""
    if remark.level == "ERROR":
        diagnose(server, remark.message, source=remark.source, moment=moment, details=details)
        server.save(update_fields=["fault"])
        return
    Diagnostic.objects.create(
        server=server,
        level=remark.level,
        source=remark.source,
        source_date=moment,
        message=remark.message[:255],
        details=details,
        created=clock.now(),
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
