"""`snf-manage file-show`. Spec: object-storage 19.1."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.kit.faults import Fault
from synnefo.pithos.usecases import inspections
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows everything that is known about one object."""

    help = "Show an object, named by account, container and object, or by its uuid."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the object's place or uuid."""
        parser.add_argument("place", nargs="+", metavar="ACCOUNT CONTAINER OBJECT | UUID")
        parser.add_argument("--obj-version", metavar="SERIAL", help="a former version")
        parser.add_argument("--domain", default="pithos", help="whose metadata to show")
        parser.add_argument("--hashmap", action="store_true", help="list the blocks too")
        add_output_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Find it and print it."""
        place = options["place"]
        if len(place) not in {1, 3}:
            raise CommandError("Name ACCOUNT CONTAINER OBJECT, or a UUID alone.")
        try:
            found = inspections.find(place)
            told = inspections.facts(
                found,
                version=options["obj_version"] or "",
                domain=options["domain"],
                with_blocks=options["hashmap"],
            )
        except Fault as fault:
            raise CommandError(fault.message) from fault
        print_one(self, told, options)
