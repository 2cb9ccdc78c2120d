"""`snf-manage ip-list`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.models import IPAddressHistory
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("address", "user", "server", "network", "action", "date")


class Command(BaseCommand):
    """Lists who had which public address when."""

    help = "List which servers had a public address, and when."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("--address", help="only this address")
        parser.add_argument("--server", type=int, help="only this server")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the history."""
        found = IPAddressHistory.objects.all()
        if options["address"]:
            found = found.filter(address=options["address"])
        if options["server"] is not None:
            found = found.filter(server_id=options["server"])
        rows = [
            {
                "address": one.address,
                "user": one.user_id,
                "server": one.server_id,
                "network": one.network_id,
                "action": one.action,
                "date": one.action_date,
                "reason": one.action_reason,
            }
            for one in found
        ]
        print_list(self, rows, COLUMNS, options, fields=("reason",))
