"""`snf-manage service-export`. Spec: identity 16.11, 17.1."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain import definitions
from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import bricks
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Writes the public services of a component, ready for `service-import`."""

    help = "Print the public services of a standard component as JSON, addresses filled in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the component and the address below which it answers."""
        add_output_options(parser)
        parser.add_argument("component", help="astakos, cyclades or pithos")
        parser.add_argument("base_url", help="such as https://node1.example.com/cyclades")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print them."""
        with refusals():
            brick = bricks.known(options["component"])
        told = definitions.exported(brick.services, options["base_url"])
        self.stdout.write(json.dumps(told, indent=2))
