"""The audit log over HTTP: one's own entries, and everything for operators."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from synnefo.astakos.models import AuditEntry
from synnefo.astakos.usecases import audit, audit_entries
from synnefo.astakos.usecases.audit_entries import AuditSearch
from synnefo.kit.clock import stamp, stamp_micro
from synnefo.kit.faults import BadRequest
from synnefo.kit.units import is_number
from synnefo.serve.http import Call, Reply
from synnefo.serve.http.paging import limit_of, marker_of

PAGE = 50
HIDDEN = "operator"
"""Who acted, where it was an operator and the reader is not one."""


class Party(msgspec.Struct):
    """Somebody or something that acted or was acted on."""

    id: str
    name: str
    kind: str = ""


class Entry(msgspec.Struct):
    """One act."""

    id: int
    at: str
    act: str
    actor: Party
    subject: Party
    address: str
    agent: str
    facts: dict[str, object]
    number: int | None = None
    digest: str = ""
    request_id: str = ""


class Page(msgspec.Struct):
    """Some entries, newest first, and where the next page begins."""

    entries: list[Entry]
    next: str | None


class Acts(msgspec.Struct):
    """The acts to filter by."""

    acts: list[str]


class ChainState(msgspec.Struct):
    """Whether the log is as it was written."""

    entries: int
    head: str
    waiting: int
    is_whole: bool
    broken_at: int | None
    reason: str


def list_own(call: Call) -> Page:
    """List what the caller did and what was done to the caller's account."""
    mine = call.who.user_id
    search = msgspec.structs.replace(_search(call), about=mine, who="", whom="")
    return _page(call, search, lambda entry: _own_view(entry, mine))


def list_all(call: Call) -> Page:
    """List the audit log: filters `about`, `who`, `whom`, `act`, `address`, `since`, `until`."""
    return _page(call, _search(call), view)


def list_acts(_call: Call) -> Acts:
    """List the acts that were ever recorded."""
    return Acts(audit_entries.acts())


def show_chain(call: Call) -> ChainState:
    """Seal what waits and check the whole chain; `head` is one noted earlier."""
    audit.seal_all()
    found = audit.verify(call.arg("head") or "")
    broken = found.broken
    return ChainState(
        entries=found.entries,
        head=found.head,
        waiting=found.waiting,
        is_whole=broken is None,
        broken_at=broken.number if broken else None,
        reason=broken.reason if broken else "",
    )


def export_all(_call: Call) -> Reply:
    """Export the sealed log as JSON lines, each with what its digest was made of."""
    audit.seal_all()
    audit.record("audit.exported")
    name = f"audit-{stamp(datetime.now(UTC)).replace(':', '')}.jsonl"
    headers = {
        "Content-Type": "application/x-ndjson",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Reply(headers=headers, body=_lines())


def view(entry: AuditEntry) -> Entry:
    """Show an entry to an operator, whole."""
    return Entry(
        id=entry.pk,
        at=stamp_micro(entry.at),
        act=entry.act,
        actor=Party(entry.actor, entry.actor_name),
        subject=Party(entry.subject, entry.subject_name, entry.subject_kind),
        address=entry.address,
        agent=entry.agent,
        facts=entry.more,
        number=entry.number,
        digest=entry.digest,
        request_id=entry.request_id,
    )


def _own_view(entry: AuditEntry, mine: str) -> Entry:
    """Show an entry to the one it is about; who the operator was, and from where, is kept back."""
    shown = view(entry)
    if entry.actor not in ("", mine):
        reason = {"reason": shown.facts["reason"]} if "reason" in shown.facts else {}
        shown = msgspec.structs.replace(
            shown, actor=Party("", HIDDEN), address="", agent="", facts=reason, request_id=""
        )
    return shown


def _page(call: Call, search: AuditSearch, show: Callable[[AuditEntry], Entry]) -> Page:
    limit = limit_of(call, maximum=500) or PAGE
    marker = marker_of(call)
    if marker is not None and not is_number(marker):
        raise BadRequest("'marker' must be the 'next' of the page before.")
    found = list(audit_entries.find(search, before=int(marker) if marker else None)[: limit + 1])
    more = str(found[limit - 1].pk) if len(found) > limit else None
    return Page([show(entry) for entry in found[:limit]], more)


def _search(call: Call) -> AuditSearch:
    return AuditSearch(
        about=call.arg("about") or "",
        who=call.arg("who") or "",
        whom=call.arg("whom") or "",
        act=call.arg("act") or "",
        address=call.arg("address") or "",
        since=_moment(call, "since"),
        until=_moment(call, "until"),
    )


def _moment(call: Call, name: str) -> datetime | None:
    text = call.arg(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"'{name}' must be a time such as 2026-01-31T10:00:00Z.") from error


def _lines() -> Iterator[bytes]:
    for row in audit.export():
        yield msgspec.json.encode(row) + b"\n"
