"""`snf-manage project-modify`. Spec: identity 16.5."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from synnefo.astakos.management.words import amount, refusals, truth
from synnefo.astakos.models import DATABASE, Project
from synnefo.astakos.models.projects import POLICIES
from synnefo.astakos.usecases import projects, users
from synnefo.serve.commands import add_output_options

WORDS = {word: number for number, word in POLICIES.items()}


class Command(BaseCommand):
    """Changes projects directly, without an application."""

    help = "Change a project's limits, dates and policies; --all-system-projects changes many."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the project, or which of the system projects, and the changes."""
        add_output_options(parser)
        parser.add_argument("project", nargs="?", help="uuid")
        parser.add_argument(
            "--all-system-projects", action="store_true", help="instead of one, all of them"
        )
        parser.add_argument("--exclude", default="", metavar="UUIDS", help="but not these")
        parser.add_argument("--name", help="a domain name that no other project has")
        parser.add_argument("--owner", help="uuid or e-mail address of an accepted user")
        parser.add_argument("--homepage", help="its address on the web")
        parser.add_argument("--description", help="what it is for")
        parser.add_argument("--end-date", metavar="ISO-DATE", help="when it ends")
        parser.add_argument("--join-policy", choices=sorted(WORDS), help="who may come in")
        parser.add_argument("--leave-policy", choices=sorted(WORDS), help="who may go")
        parser.add_argument("--max-members", help="how many may take part")
        parser.add_argument("--private", metavar="BOOL", help="True: others do not see it")
        parser.add_argument(
            "--limit",
            nargs=3,
            action="append",
            default=[],
            metavar=("RESOURCE", "MEMBER", "PROJECT"),
            help="limits of a member and of the whole project",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Apply the changes to every project meant, all or none."""
        with refusals():
            changes = _changes(options)
        grants = {name: (amount(m), amount(p)) for name, m, p in options["limit"]}
        if not (changes or grants):
            raise CommandError("Say what to change; --help lists what can be.")
        if options["all_system_projects"] and set(changes) & set(projects.BOUND_TO_USER):
            raise CommandError("A system project's name, owner, homepage and description stay.")
        with refusals(), transaction.atomic(using=DATABASE):
            for project in _meant(options):
                projects.modify(project, changes, grants)


def _meant(options: dict[str, Any]) -> list[Project]:
    if options["all_system_projects"]:
        left_out = [uuid for uuid in options["exclude"].split(",") if uuid]
        found = Project.objects.initialised().filter(is_base=True).exclude(uuid__in=left_out)
        return list(found.order_by("pk").select_for_update())
    if options["project"] and options["exclude"]:
        raise CommandError("--exclude goes with --all-system-projects.")
    if not options["project"]:
        raise CommandError("Name a project, or give --all-system-projects.")
    return [projects.find(options["project"])]


def _changes(options: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {
        name: options[name] for name in ("homepage", "description") if options[name] is not None
    }
    if options["name"]:
        changes["realname"] = options["name"]
    if options["owner"]:
        changes["owner"] = users.find(options["owner"])
    if options["end_date"]:
        changes["end_date"] = _moment(options["end_date"])
    for option, field in (
        ("join_policy", "member_join_policy"),
        ("leave_policy", "member_leave_policy"),
    ):
        if options[option]:
            changes[field] = WORDS[options[option]]
    if options["max_members"]:
        changes["limit_on_members_number"] = amount(options["max_members"])
    if options["private"]:
        changes["private"] = truth(options["private"])
    return changes


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"'{text}' is no date such as 2031-02-03.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
