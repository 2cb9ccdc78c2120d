"""`snf-manage project-list`. Spec: identity 16.5."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.models import Project
from synnefo.astakos.models.projects import PROJECT_STATES, ProjectState
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "name", "owner", "status")
FIELDS = ("description", "end_date", "creation_date")
GONE = (ProjectState.TERMINATED, ProjectState.DELETED)


class Command(BaseCommand):
    """Lists projects."""

    help = "List projects; system projects only when asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options and which projects to list."""
        add_list_options(parser)
        parser.add_argument("--deleted", action="store_true", help="also terminated and deleted")
        parser.add_argument("--system-projects", action="store_true", help="also system projects")
        parser.add_argument("--all", action="store_true", help="all of them")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the projects that fit."""
        found = Project.objects.select_related("owner", "system_user").order_by("pk")
        if not (options["deleted"] or options["all"]):
            found = found.exclude(state__in=GONE)
        if not (options["system_projects"] or options["all"]):
            found = found.filter(is_base=False)
        print_list(self, [_row(one) for one in found], COLUMNS, options, fields=FIELDS)


def _row(project: Project) -> dict[str, Any]:
    return {
        "id": project.uuid,
        "name": f"[system] {project.display_name}" if project.is_base else project.realname,
        "owner": project.owner.email if project.owner else None,
        "status": PROJECT_STATES[project.state].capitalize(),
        "description": project.description,
        "end_date": project.end_date,
        "creation_date": project.creation_date,
    }
