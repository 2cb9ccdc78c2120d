"""`snf-manage user-show`. Spec: identity 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain.account_states import show
from synnefo.astakos.domain.applications import ApplicationState
from synnefo.astakos.domain.limits import STYLES, show_amount
from synnefo.astakos.management.words import refusals
from synnefo.astakos.models import (
    Holding,
    Project,
    ProjectMembership,
    Resource,
    RoleAssignment,
    Token,
    User,
)
from synnefo.astakos.models.projects import PROJECT_STATES, MembershipState, ProjectState
from synnefo.astakos.models.tokens import API
from synnefo.astakos.usecases import groups, terms, users
from synnefo.kit import tables
from synnefo.serve.commands import add_output_options, print_one
from synnefo.wire.provisions import user_holder


class Command(BaseCommand):
    """Shows one person; tokens are never printed."""

    help = "Show a user by number, uuid or e-mail address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user and what else to show."""
        add_output_options(parser)
        parser.add_argument("user")
        parser.add_argument("--quota", action="store_true", help="show limits and usage")
        parser.add_argument("--projects", action="store_true", help="show memberships")
        parser.add_argument("--unit-style", default="mb", choices=STYLES)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the facts, then the tables asked for."""
        with refusals():
            user = users.find(options["user"])
        print_one(self, _facts(user), options)
        if options["quota"]:
            self._table("Quota", _quota(user, options["unit_style"]), options)
        if options["projects"]:
            self._table("Owned Projects", _owned(user), options)
            self._table("Project Memberships", _projects(user), options)

    def _table(self, title: str, rows: list[dict[str, Any]], options: dict[str, Any]) -> None:
        if not rows:
            return
        heading = f"\n{title}\n" if options["output_format"] in {"pretty", "table"} else "\n"
        self.stdout.write(heading + tables.render(rows, list(rows[0]), options["output_format"]))


def _facts(user: User) -> dict[str, Any]:
    token = Token.objects.filter(user=user, kind=API).first()
    methods = list(user.auth_providers.all())
    used = [one for one in methods if one.last_login_at]
    facts = {
        "id": user.pk,
        "uuid": user.uuid,
        "status": show(user.account),
        "email": user.email,
        "first name": user.first_name,
        "last name": user.last_name,
        "admin": user.is_admin,
        "last login": user.last_login,
        "date joined": user.date_joined,
        "last update": user.updated,
        "token expiration": token.expires_at if token else None,
        "providers": [str(one) for one in methods if one.active],
        "groups": list(groups.names_of(user)),
        "permissions": user.permissions,
        "group permissions": _group_roles(user),
        "email_verified": user.email_verified,
        "moderated": user.moderated,
        "rejected": user.is_rejected,
        "active": user.is_active,
        "username": user.username,
        "activation_sent_date": user.activation_sent,
        "last_login_details": {one.module: tables.cell(one.last_login_at) for one in used},
        "default_project": user.default_project.uuid if user.default_project else None,
    }
    if terms.latest() is not None:
        facts["has_signed_terms"] = user.has_signed_terms
        facts["date_signed_terms"] = user.date_signed_terms
    return facts


def _group_roles(user: User) -> list[str]:
    """List the roles that a user has by groups, with where they count."""
    given = RoleAssignment.objects.filter(group__seats__user=user)
    return [
        f"{one.role.name}@{one.project.realname if one.project else one.domain_id or 'system'}"
        for one in given.select_related("role", "project").order_by("pk")
    ]


def _quota(user: User, style: str) -> list[dict[str, Any]]:
    units = dict(Resource.objects.values_list("name", "unit"))
    held = Holding.objects.filter(holder=user_holder(user.uuid)).order_by("source", "resource")
    return [
        {
            "source": row.source,
            "resource": row.resource,
            "limit": show_amount(row.limit, units.get(row.resource), style),
            "usage": show_amount(row.usage_max, units.get(row.resource), style),
        }
        for row in held
    ]


def _owned(user: User) -> list[dict[str, Any]]:
    owned = Project.objects.filter(owner=user).select_related("last_application")
    return [
        {
            "project id": one.uuid,
            "project name": one.realname,
            "status": PROJECT_STATES[ProjectState(one.state)],
            "pending app id": _pending(one),
        }
        for one in owned.order_by("pk")
    ]


def _pending(project: Project) -> int | None:
    last = project.last_application
    return last.pk if last is not None and last.state == ApplicationState.PENDING else None


def _projects(user: User) -> list[dict[str, Any]]:
    seats = ProjectMembership.objects.filter(person=user).select_related("project")
    return [
        {
            "project id": seat.project.uuid,
            "project name": seat.project.realname,
            "status": MembershipState(seat.state).name.lower(),
        }
        for seat in seats.order_by("pk")
    ]
