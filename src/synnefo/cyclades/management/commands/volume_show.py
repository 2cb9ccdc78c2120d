"""`snf-manage volume-show`. Spec: compute 16.5."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.volume_rows import details
from synnefo.cyclades.management.words import find_volume
from synnefo.cyclades.usecases import people
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows a volume."""

    help = "Show a volume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which one."""
        add_output_options(parser)
        parser.add_argument("volume", metavar="ID", help="its id or its disk's name")
        parser.add_argument("--display-mails", action="store_true", help="show its user's address")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        volume = find_volume(options["volume"])
        told = details(volume)
        if options["display_mails"]:
            told["username"] = people.names().of([volume.userid])[volume.userid]
        print_one(self, told, options)
