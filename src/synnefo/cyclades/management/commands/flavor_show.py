"""`snf-manage flavor-show`. Spec: compute 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import flavors
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows a flavor."""

    help = "Show a flavor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which one."""
        add_output_options(parser)
        parser.add_argument("flavor", metavar="ID", help="id of the flavor")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print its facts."""
        with refusals():
            one = flavors.show(OPERATOR, options["flavor"])
        names = ("id", "name", "cpu", "ram", "disk", "allow_create", "public", "deleted", "specs")
        shown = {name: getattr(one, name) for name in names}
        kind = {"volume_type": one.volume_type_id, "template": one.volume_type.disk_template}
        print_one(self, {**shown, **kind}, options)
