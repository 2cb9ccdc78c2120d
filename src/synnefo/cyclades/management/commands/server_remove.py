"""`snf-manage server-remove`. Spec: compute 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import OPERATOR, find_server, refusals
from synnefo.cyclades.usecases import server_actions
from synnefo.serve.commands import confirm, each


class Command(BaseCommand):
    """Deletes servers as an administrator."""

    help = "Delete servers with their disks, whoever owns them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which ones."""
        parser.add_argument("servers", metavar="ID", nargs="+", help="ids of servers")
        parser.add_argument("-f", "--force", action="store_true", help="do not ask")
        add_wait_option(parser, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ask, then delete each."""
        confirm(f"Delete {', '.join(options['servers'])} for good?", force=options["force"])
        each(self, options["servers"], lambda text: self._remove(text, options["wait"]))

    def _remove(self, text: str, wait: bool) -> None:
        server = find_server(text)
        with refusals():
            server_actions.destroy(OPERATOR, str(server.id), while_building=True)
        if wait:
            until_settled(server.id)
        self.stdout.write(f"The server {server.id} is {'' if wait else 'being '}deleted.")
