"""`snf-manage volume-remove`. Spec: compute 16.5."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import OPERATOR, find_volume, refusals
from synnefo.cyclades.usecases import volume_plugs
from synnefo.serve.commands import confirm, each


class Command(BaseCommand):
    """Deletes volumes."""

    help = "Delete volumes with what they hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which ones."""
        parser.add_argument("volumes", metavar="ID", nargs="+", help="ids of volumes")
        parser.add_argument("-f", "--force", action="store_true", help="do not ask")
        add_wait_option(parser, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ask, then delete each."""
        confirm(f"Delete {', '.join(options['volumes'])} for good?", force=options["force"])
        wait = options["wait"]
        each(self, options["volumes"], lambda text: self._remove(text, wait=wait))

    def _remove(self, text: str, *, wait: bool) -> None:
        volume = find_volume(text)
        server = volume.server_id
        with refusals():
            volume_plugs.delete(OPERATOR, str(volume.id))
        if wait and server is not None:
            until_settled(server)
        self.stdout.write(f"Volume {volume.id} is {'' if wait else 'being '}deleted.")
