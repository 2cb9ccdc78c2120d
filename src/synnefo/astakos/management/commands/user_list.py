"""`snf-manage user-list`. Spec: identity 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain.account_states import show
from synnefo.astakos.models import User
from synnefo.astakos.models.domains import DEFAULT
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "displayname", "realname", "uuid", "active", "admin")
FIELDS = ("verified", "moderated", "status", "groups", "last_login")


class Command(BaseCommand):
    """Lists people."""

    help = "List users."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options and which users to list."""
        add_list_options(parser)
        parser.add_argument("--group", action="append", default=[], help="only members of a group")
        parser.add_argument("--active", action="store_true", help="only active users")
        parser.add_argument("--pending-moderation", action="store_true")
        parser.add_argument("--pending-verification", action="store_true")
        parser.add_argument("--display-mails", action="store_true", help="kept for old scripts")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the users that fit."""
        found = User.objects.prefetch_related("member_groups").order_by("pk")
        if options["active"]:
            found = found.filter(is_active=True)
        if options["pending_moderation"]:
            found = found.filter(email_verified=True, moderated=False)
        if options["pending_verification"]:
            found = found.filter(email_verified=False)
        for name in options["group"]:
            found = found.filter(member_groups__name=name, member_groups__domain_id=DEFAULT)
        rows = [_row(user) for user in found]
        print_list(self, rows, COLUMNS, options, fields=FIELDS)


def _row(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "displayname": user.username,
        "realname": user.realname,
        "uuid": user.uuid,
        "active": user.is_active,
        "admin": user.is_admin,
        "verified": user.email_verified,
        "moderated": user.moderated,
        "status": show(user.account),
        "groups": sorted(group.name for group in user.member_groups.all()),
        "last_login": user.last_login,
    }
