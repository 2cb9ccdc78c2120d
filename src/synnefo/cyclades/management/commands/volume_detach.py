"""`snf-manage volume-detach`. Spec: compute 16.5."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import OPERATOR, find_volume, refusals
from synnefo.cyclades.usecases import volume_plugs
from synnefo.serve.commands import confirm, each


class Command(BaseCommand):
    """Detaches volumes from their servers."""

    help = "Detach volumes from their servers; what they hold stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which ones."""
        parser.add_argument("volumes", metavar="ID", nargs="+", help="ids of volumes")
        parser.add_argument("-f", "--force", action="store_true", help="do not ask")
        add_wait_option(parser, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Detach them."""
        confirm(f"Detach {', '.join(options['volumes'])}?", force=options["force"])
        wait = options["wait"]
        each(self, options["volumes"], lambda text: self._detach(text, wait=wait))

    def _detach(self, text: str, *, wait: bool) -> None:
        volume = find_volume(text)
        server = volume.server_id
        if server is None:
            raise CommandError("it is in no server")
        with refusals():
            volume_plugs.detach(OPERATOR, str(server), str(volume.id))
        if wait:
            until_settled(server)
        self.stdout.write(f"Volume {volume.id} is {'' if wait else 'being '}detached.")
