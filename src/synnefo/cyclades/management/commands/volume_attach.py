"""`snf-manage volume-attach`. Spec: compute 16.5."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import OPERATOR, find_server, find_volume, refusals
from synnefo.cyclades.usecases import volume_plugs
from synnefo.serve.commands import each


class Command(BaseCommand):
    """Attaches volumes to a server."""

    help = "Attach volumes to a server, one after the other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which go where."""
        parser.add_argument("volumes", metavar="ID", nargs="+", help="ids of volumes")
        parser.add_argument("--server", required=True, help="id of the server")
        add_wait_option(parser, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Attach them."""
        server = find_server(options["server"]).id
        wait = options["wait"]
        each(self, options["volumes"], lambda text: self._attach(text, server, wait=wait))

    def _attach(self, text: str, server: int, *, wait: bool) -> None:
        volume = find_volume(text)
        with refusals():
            volume_plugs.attach(OPERATOR, str(server), str(volume.id))
        if wait:
            until_settled(server)
        self.stdout.write(f"Volume {volume.id} is {'' if wait else 'being '}attached.")
