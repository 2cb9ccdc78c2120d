"""`snf-manage project-list`. Spec: identity 16.5."""

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Q

from synnefo.astakos.domain import projects as rules
from synnefo.astakos.domain.applications import WORDS, ApplicationState
from synnefo.astakos.models import Project, User
from synnefo.astakos.models.projects import INITIALISED, ProjectQuerySet, ProjectState
from synnefo.astakos.usecases import project_search
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "name", "owner", "status", "pending_app")
FIELDS = ("description", "end_date", "creation_date", "deactivation_date")
GONE = (ProjectState.TERMINATED, ProjectState.DELETED)
_OWNER = re.compile(r"(owner\s*!?=\s*)([^,@]+)")


class Command(BaseCommand):
    """Lists projects."""

    help = "List projects; system projects only when asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options and which projects to list."""
        add_list_options(parser)
        flags = {
            "--new": "with an application that was never approved and waits",
            "--modified": "in use, with an application for changes that waits",
            "--pending": "both of these",
            "--deleted": "also terminated and deleted ones",
            "--system-projects": "also system projects",
            "--all": "also all of those",
            "--skip": "without cancelled and terminated ones, as by default",
        }
        for flag, told in flags.items():
            parser.add_argument(flag, action="store_true", help=told)
        parser.add_argument("--name", help="with this name")
        parser.add_argument("--owner", help="of this owner: uuid or e-mail address")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the projects that fit."""
        if options["filter_by"]:
            options["filter_by"] = _OWNER.sub(_by_address, options["filter_by"])
        found = list(_named(_meant(options), options).order_by("pk"))
        dates = project_search.deactivated_at(found)
        rows = [_row(one) | {"deactivation_date": dates.get(one.pk)} for one in found]
        print_list(self, rows, COLUMNS, options, fields=FIELDS)


def _meant(options: dict[str, Any]) -> ProjectQuerySet:
    found = Project.objects.all().whole()
    waiting = found.filter(last_application__state=ApplicationState.PENDING)
    if options["pending"] or (options["new"] and options["modified"]):
        return waiting
    if options["new"]:
        return waiting.filter(state=ProjectState.UNINITIALIZED)
    if options["modified"]:
        return waiting.filter(state__in=INITIALISED)
    if not (options["deleted"] or options["all"]):
        found = found.exclude(state__in=GONE)
    if not (options["system_projects"] or options["all"]):
        found = found.filter(is_base=False)
    return found


def _named(found: ProjectQuerySet, options: dict[str, Any]) -> ProjectQuerySet:
    if options["name"]:
        found = found.filter(realname=options["name"])
    if options["owner"]:
        known = Q(owner__uuid=options["owner"]) | Q(owner__username=options["owner"].lower())
        found = found.filter(known)
    return found


def _by_address(found: re.Match[str]) -> str:
    """Write the owner of a filter, given by uuid, as the column shows owners."""
    user = User.objects.filter(uuid=found[2].strip()).first()
    return found[1] + (user.email if user else found[2])


def _row(project: Project) -> dict[str, Any]:
    last = project.last_application
    word = WORDS[ApplicationState(last.state)] if last else None
    return {
        "id": project.uuid,
        "name": f"[system] {project.display_name}" if project.is_base else project.realname,
        "owner": project.owner.email if project.owner else None,
        "status": rules.show(project.state, word),
        "pending_app": last.pk if last and last.state == ApplicationState.PENDING else None,
        "description": project.description,
        "end_date": project.end_date,
        "creation_date": project.creation_date,
    }
