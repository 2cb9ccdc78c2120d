"""`snf-manage quota-list`. Spec: identity 16.6."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.astakos.domain.limits import STYLES, show_amount
from synnefo.astakos.management.holding_filters import filtered
from synnefo.astakos.management.words import truth
from synnefo.astakos.models import Holding, Resource, User
from synnefo.astakos.usecases import users
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("holder", "source", "resource", "limit", "usage")
FILTERS = ("limit", "usage", "user", "resource", "source", "holder", "base_quota")


class Command(BaseCommand):
    """Lists limits and usage."""

    help = "List the limits and the usage of accepted users in their projects."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options, how to write sizes, and whom to list."""
        add_list_options(parser)
        parser.add_argument("--unit-style", default="mb", choices=STYLES)
        parser.add_argument("--overlimit", action="store_true", help="only who is over the limit")
        parser.add_argument("--user", help="only this user: number, uuid or e-mail address")
        parser.add_argument(
            "--with-custom",
            type=truth,
            metavar="BOOL",
            help="only limits of system projects that are not the default, or (no) those that are",
        )
        parser.add_argument("--display-mails", action="store_true", help="show e-mail addresses")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the holdings that fit."""
        if options["list_filters"]:
            self.stdout.write("\n".join(FILTERS))
            return
        try:
            found = filtered(Holding.objects.of_accepted(), options["filter_by"] or "")
        except ValueError as error:
            raise CommandError(str(error)) from error
        if options["overlimit"]:
            found = found.over_limit()
        if options["user"]:
            found = found.filter(holder=f"user:{users.find(options['user']).uuid}")
        if options["with_custom"] is not None:
            found = found.custom() if options["with_custom"] else found.by_default()
        rows = _rows(list(found.order_by("pk")), options["unit_style"])
        columns = ("displayname", *COLUMNS) if options["display_mails"] else COLUMNS
        plain = {**options, "filter_by": None}
        print_list(self, rows, columns, plain, fields=("displayname", "pending"))


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
