"""`snf-manage audit-list`: who did what, newest first."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.astakos.models import AuditEntry
from synnefo.astakos.usecases import audit_entries
from synnefo.astakos.usecases.audit_entries import AuditSearch
from synnefo.kit.clock import stamp
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "at", "act", "who", "whom", "address")
FIELDS = ("actor", "subject", "kind", "agent", "request_id", "facts", "number", "digest")


class Command(BaseCommand):
    """Lists entries of the audit log."""

    help = "List the audit log: who did what to whom, when and from where; newest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options and what to look for."""
        add_list_options(parser)
        parser.add_argument("--who", default="", help="uuid or (part of) e-mail of who acted")
        parser.add_argument("--whom", default="", help="id or name of who was acted on")
        parser.add_argument("--user", default="", help="uuid: what they did and was done to them")
        parser.add_argument("--act", default="", help="an act, or its first word, such as user")
        parser.add_argument("--address", default="", help="an address; '192.0.2.' for a network")
        parser.add_argument("--since", metavar="TIME", help="such as 2026-01-31T10:00")
        parser.add_argument("--until", metavar="TIME")
        parser.add_argument("--limit", type=int, default=100, help="most entries (default 100)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the entries that fit."""
        search = AuditSearch(
            about=options["user"],
            who=options["who"],
            whom=options["whom"],
            act=options["act"],
            address=options["address"],
            since=_moment(options["since"]),
            until=_moment(options["until"]),
        )
        found = audit_entries.find(search)[: max(options["limit"], 0)]
        print_list(self, [_row(entry) for entry in found], COLUMNS, options, fields=FIELDS)


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"'{text}' is no time. Write it as 2026-01-31T10:00.") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "at": stamp(entry.at),
        "act": entry.act,
        "who": entry.actor_name or entry.actor,
        "whom": entry.subject_name or entry.subject,
        "address": entry.address,
        "actor": entry.actor,
        "subject": entry.subject,
        "kind": entry.subject_kind,
        "agent": entry.agent,
        "request_id": entry.request_id,
        "facts": entry.facts,
        "number": entry.number,
        "digest": entry.digest,
    }
