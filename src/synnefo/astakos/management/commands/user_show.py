"""`snf-manage user-show`. Spec: identity 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain.account_states import show
from synnefo.astakos.domain.limits import STYLES, show_amount
from synnefo.astakos.management.words import refusals
from synnefo.astakos.models import Holding, ProjectMembership, Resource, Token, User
from synnefo.astakos.models.projects import PROJECT_STATES, MembershipState
from synnefo.astakos.models.tokens import API
from synnefo.astakos.usecases import groups, users
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
            self._table(_quota(user, options["unit_style"]), options)
        if options["projects"]:
            self._table(_projects(user), options)

    def _table(self, rows: list[dict[str, Any]], options: dict[str, Any]) -> None:
        if rows:
            self.stdout.write("\n" + tables.render(rows, list(rows[0]), options["output_format"]))


def _facts(user: User) -> dict[str, Any]:
    token = Token.objects.filter(user=user, kind=API).first()
    return {
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
        "groups": list(groups.names_of(user)),
        "email_verified": user.email_verified,
        "moderated": user.moderated,
        "rejected": user.is_rejected,
        "active": user.is_active,
        "username": user.username,
        "default_project": user.default_project.uuid if user.default_project else None,
    }


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


def _projects(user: User) -> list[dict[str, Any]]:
    seats = ProjectMembership.objects.filter(person=user).select_related("project")
    return [
        {
            "project id": seat.project.uuid,
            "project name": seat.project.realname,
            "project status": PROJECT_STATES[seat.project.state],
            "status": MembershipState(seat.state).name.lower(),
        }
        for seat in seats.order_by("pk")
    ]
