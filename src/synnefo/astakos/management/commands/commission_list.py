"""`snf-manage commission-list`. Spec: identity 16.6."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.models import Commission
from synnefo.kit.clock import now
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists promises that wait for a verdict."""

    help = "List pending commissions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options and how old."""
        add_list_options(parser)
        parser.add_argument("--overdue", type=float, metavar="SECONDS", help="only older ones")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the commissions."""
        found = Commission.objects.order_by("pk")
        if options["overdue"] is not None:
            long_ago = now() - timedelta(seconds=options["overdue"])
            found = found.filter(issue_datetime__lt=long_ago)
        rows = [
            {
                "serial": one.serial,
                "name": one.name,
                "clientkey": one.clientkey,
                "issue time": one.issue_datetime.isoformat(),
            }
            for one in found
        ]
        print_list(self, rows, ("serial", "name", "clientkey", "issue time"), options)
