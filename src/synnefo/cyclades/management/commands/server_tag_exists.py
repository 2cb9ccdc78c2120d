"""`snf-manage server-tag-exists`. Spec: compute 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.management.words import find_server
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Looks for a tag of a server."""

    help = "Tell whether a server carries a tag; exit 1 when it does not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the server and the tag."""
        add_output_options(parser)
        parser.add_argument("server", metavar="ID", help="its id or its instance's name")
        parser.add_argument("tag", metavar="TAG", help="the tag")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Look."""
        server = find_server(options["server"])
        if not server.tags.filter(tag=options["tag"]).exists():
            raise CommandError(f"The server {server.id} has no tag '{options['tag']}'.")
        told = {"tag": options["tag"], "status": "ACTIVE", "namespace": "user"}
        print_one(self, told, options)
