"""`snf-manage user-list`. Spec: identity 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain.account_states import show
from synnefo.astakos.models import User
from synnefo.astakos.models.domains import DEFAULT
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "displayname", "realname", "uuid", "active", "admin")
FIELDS = (
    *("verified", "moderated", "status", "providers", "activation_sent", "groups"),
    *("last_login_details", "last_login", "email", "real name"),
)


class Command(BaseCommand):
    """Lists people."""

    help = "List users."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options and which users to list."""
        add_list_options(parser)
        parser.add_argument(
            "--auth-providers", action="store_true", help="show by which providers they sign in"
        )
        parser.add_argument("--group", action="append", default=[], help="only members of a group")
        parser.add_argument("--active", action="store_true", help="only active users")
        parser.add_argument("--pending-moderation", action="store_true")
        parser.add_argument("--pending-verification", action="store_true")
        parser.add_argument(
            *("--display-mails", "--displayname"), action="store_true", help="show addresses too"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the users that fit."""
        found = User.objects.prefetch_related("member_groups", "auth_providers").order_by("pk")
        if options["active"]:
            found = found.filter(is_active=True)
        if options["pending_moderation"]:
            found = found.filter(email_verified=True, moderated=False)
        if options["pending_verification"]:
            found = found.filter(email_verified=False)
        for name in options["group"]:
            found = found.filter(member_groups__name=name, member_groups__domain_id=DEFAULT)
        columns = [
            *COLUMNS,
            *(["providers"] if options["auth_providers"] else []),
            *(["email"] if options["display_mails"] else []),
        ]
        rows = [_row(user) for user in found.iterator(1000)]
        print_list(self, rows, columns, options, fields=FIELDS)


def _row(user: User) -> dict[str, Any]:
    methods = list(user.auth_providers.all())
    return {
        "id": user.pk,
        "displayname": user.username,
        "realname": user.realname,
        "real name": user.realname,
        "uuid": user.uuid,
        "email": user.email,
        "active": user.is_active,
        "admin": user.is_admin,
        "verified": user.email_verified,
        "moderated": user.moderated,
        "status": show(user.account),
        "providers": [str(one) for one in methods if one.active],
        "activation_sent": user.activation_sent,
        "groups": sorted(group.name for group in user.member_groups.all()),
        "last_login": user.last_login,
        "last_login_details": {
            one.module: f"{one.last_login_at:%Y-%m-%d %H:%M:%S}"
            for one in methods
            if one.last_login_at
        },
    }
