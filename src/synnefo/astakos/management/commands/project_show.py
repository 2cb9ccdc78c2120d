"""`snf-manage project-show`. Spec: identity 16.5."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain import projects as rules
from synnefo.astakos.domain.applications import WORDS, ApplicationState
from synnefo.astakos.domain.limits import STYLES, show_amount
from synnefo.astakos.domain.memberships import ADMIN_LABELS, ASSOCIATED, MembershipState
from synnefo.astakos.management.words import refusals
from synnefo.astakos.models import Holding, Project, ProjectApplication
from synnefo.astakos.models.projects import ACCEPTED_STATES, POLICIES
from synnefo.astakos.usecases import project_states, projects
from synnefo.kit import tables
from synnefo.serve.commands import add_output_options, print_one
from synnefo.wire.provisions import INF, project_holder

UNCHANGED = "no change"


class Command(BaseCommand):
    """Shows a project with its limits."""

    help = "Show a project and its limits; its members, usage and waiting application if asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the project and what else to show."""
        add_output_options(parser)
        parser.add_argument("project", help="uuid")
        parser.add_argument(
            "--pending-app",
            "--pending",
            "--app",
            action="store_true",
            dest="pending_app",
            help="show the application that waits",
        )
        parser.add_argument("--members", action="store_true", help="list who takes part")
        parser.add_argument("--quota", action="store_true", help="show usage too")
        parser.add_argument("--unit-style", default="mb", choices=STYLES)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the facts and the tables."""
        with refusals():
            project = projects.find(options["project"])
        parts = {"Resource limits": _limits(project, options)}
        if options["members"]:
            parts["Members"] = _members(project)
        asked = _asked(project, options) if options["pending_app"] else {}
        if options["output_format"] == "json":
            whole = {
                **_facts(project),
                **parts,
                **({"Pending Application": asked} if asked else {}),
            }
            print_one(self, whole, options)
            return
        print_one(self, _facts(project), options)
        for title, rows in parts.items():
            self._table(title, rows, options)
        if asked:
            self.stdout.write("\nPending Application\n")
            print_one(self, asked, options)

    def _table(self, title: str, rows: list[dict[str, Any]], options: dict[str, Any]) -> None:
        if rows:
            text = tables.render(rows, list(rows[0]), options["output_format"])
            self.stdout.write(f"\n{title}\n{text}")


def _facts(project: Project) -> dict[str, Any]:
    last = project.last_application
    word = WORDS[ApplicationState(last.state)] if last else None
    seats = project.memberships.filter(state__in=ACCEPTED_STATES)
    deactivated = project_states.deactivated_at(project)
    return {
        "project id": project.uuid,
        "name": project.realname,
        "status": rules.show(project.state, word),
        "pending_app": last.pk if last and last.state == ApplicationState.PENDING else None,
        "owner": project.owner.email if project.owner else None,
        "homepage": project.homepage,
        "description": project.description,
        "creation date": project.creation_date,
        "request end date": project.end_date,
        **({"deactivation date": deactivated} if deactivated else {}),
        "join policy": POLICIES[rules.Policy(project.member_join_policy)],
        "leave policy": POLICIES[rules.Policy(project.member_leave_policy)],
        "max members": _most(project.limit_on_members_number),
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
    seats = project.memberships.filter(state__in=ASSOCIATED).select_related("person")
    return [
        {
            "member uuid": seat.person.uuid,
            "email": seat.person.email,
            "status": ADMIN_LABELS[MembershipState(seat.state)],
        }
        for seat in seats.order_by("pk")
    ]


def _asked(project: Project, options: dict[str, Any]) -> dict[str, Any]:
    """Tell what the application that waits asks for, if one does."""
    waiting = ProjectApplication.objects.pending().whole().filter(chain=project)
    found = waiting.order_by("-pk").first()
    if found is None:
        return {}
    most = found.limit_on_members_number
    policies = (found.member_join_policy, found.member_leave_policy)
    join, leave = (POLICIES[rules.Policy(one)] if one else UNCHANGED for one in policies)
    return {
        "application": found.pk,
        "applicant": found.applicant.email,
        "issue date": found.issue_date,
        "name": found.name or UNCHANGED,
        "owner": found.owner.email if found.owner else UNCHANGED,
        "homepage": UNCHANGED if found.homepage is None else found.homepage,
        "description": UNCHANGED if found.description is None else found.description,
        "comments": found.comments,
        "request start date": found.start_date,
        "request end date": found.end_date or UNCHANGED,
        "join policy": join,
        "leave policy": leave,
        "max members": UNCHANGED if most is None else _most(most),
        "resources": _wanted(found, options["unit_style"]),
    }


def _wanted(application: ProjectApplication, style: str) -> str:
    told = []
    for grant in application.grants.all():
        unit = grant.resource.unit
        member = show_amount(grant.member_capacity, unit, style)
        whole = show_amount(grant.project_capacity, unit, style)
        told.append(f"{grant.resource.name}: {member} per member, {whole} per project")
    return "; ".join(told) or UNCHANGED


def _most(number: int) -> str:
    return "unlimited" if number == INF else str(number)
