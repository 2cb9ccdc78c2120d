"""`snf-manage quota-list`. Spec: identity 16.6."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import F

from synnefo.astakos.domain.limits import STYLES, show_amount
from synnefo.astakos.models import Holding, Resource, User
from synnefo.astakos.usecases import users
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("holder", "source", "resource", "limit", "usage")


class Command(BaseCommand):
    """Lists limits and usage."""

    help = "List the limits and the usage of users and projects."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options, how to write sizes, and whom to list."""
        add_list_options(parser)
        parser.add_argument("--unit-style", default="mb", choices=STYLES)
        parser.add_argument("--overlimit", action="store_true", help="only who is over the limit")
        parser.add_argument("--user", help="only this user: number, uuid or e-mail address")
        parser.add_argument("--display-mails", action="store_true", help="show e-mail addresses")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the holdings that fit."""
        found = Holding.objects.order_by("pk")
        if options["overlimit"]:
            found = found.filter(usage_max__gt=F("limit"))
        if options["user"]:
            found = found.filter(holder=f"user:{users.find(options['user']).uuid}")
        rows = _rows(list(found), options["unit_style"])
        columns = ("displayname", *COLUMNS) if options["display_mails"] else COLUMNS
        print_list(self, rows, columns, options, fields=("displayname", "pending"))


def _rows(found: list[Holding], style: str) -> list[dict[str, Any]]:
    units = dict(Resource.objects.values_list("name", "unit"))
    names = dict(User.objects.verified().values_list("uuid", "username"))
    return [
        {
            "displayname": names.get(row.holder.partition(":")[2], "-"),
            "holder": row.holder,
            "source": row.source,
            "resource": row.resource,
            "limit": show_amount(row.limit, units.get(row.resource), style),
            "usage": show_amount(row.usage_max, units.get(row.resource), style),
            "pending": show_amount(row.usage_max - row.usage_min, units.get(row.resource), style),
        }
        for row in found
    ]
