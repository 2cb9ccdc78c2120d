"""`snf-manage project-show`. Spec: identity 16.5."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain.limits import STYLES, show_amount
from synnefo.astakos.management.words import refusals
from synnefo.astakos.models import Holding, Project
from synnefo.astakos.models.projects import (
    ACTUALLY_ACCEPTED,
    POLICIES,
    PROJECT_STATES,
    MembershipState,
)
from synnefo.astakos.usecases import projects
from synnefo.kit import tables
from synnefo.serve.commands import add_output_options, print_one
from synnefo.wire.provisions import INF, project_holder


class Command(BaseCommand):
    """Shows a project with its limits."""

    help = "Show a project, its limits, and its members and usage if asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the project and what else to show."""
        add_output_options(parser)
        parser.add_argument("project", help="uuid")
        parser.add_argument("--members", action="store_true", help="list who takes part")
        parser.add_argument("--quota", action="store_true", help="show usage too")
        parser.add_argument("--unit-style", default="mb", choices=STYLES)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the facts and the tables."""
        with refusals():
            project = projects.find(options["project"])
        print_one(self, _facts(project), options)
        self._table(_limits(project, options), options)
        if options["members"]:
            self._table(_members(project), options)

    def _table(self, rows: list[dict[str, Any]], options: dict[str, Any]) -> None:
        if rows:
            self.stdout.write("\n" + tables.render(rows, list(rows[0]), options["output_format"]))


def _facts(project: Project) -> dict[str, Any]:
    most = project.limit_on_members_number
    seats = project.memberships.filter(state__in=ACTUALLY_ACCEPTED)
    return {
        "project id": project.uuid,
        "name": project.realname,
        "status": PROJECT_STATES[project.state].capitalize(),
        "owner": project.owner.email if project.owner else None,
        "homepage": project.homepage,
        "description": project.description,
        "creation date": project.creation_date,
        "request end date": project.end_date,
        "join policy": POLICIES[project.member_join_policy],
        "leave policy": POLICIES[project.member_leave_policy],
        "max members": "unlimited" if most == INF else most,
        "total members": seats.count(),
    }


def _limits(project: Project, options: dict[str, Any]) -> list[dict[str, Any]]:
    style = options["unit_style"]
    held = Holding.objects.filter(holder=project_holder(project.uuid), source="")
    usage = dict(held.values_list("resource", "usage_max"))
    rows = []
    for grant in project.grants.select_related("resource").order_by("resource__name"):
        name, unit = grant.resource.name, grant.resource.unit
        row = {
            "name": name,
            "max per member": show_amount(grant.member_capacity, unit, style),
            "max per project": show_amount(grant.project_capacity, unit, style),
        }
        if options["quota"]:
            row["usage"] = show_amount(usage.get(name, 0), unit, style)
        rows.append(row)
    return rows


def _members(project: Project) -> list[dict[str, Any]]:
    return [
        {
            "member uuid": seat.person.uuid,
            "email": seat.person.email,
            "status": MembershipState(seat.state).name.capitalize(),
        }
        for seat in project.memberships.select_related("person").order_by("pk")
    ]
