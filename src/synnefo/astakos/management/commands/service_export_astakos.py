"""`snf-manage service-export-astakos`. Spec: identity 16.4."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain import definitions
from synnefo.astakos.usecases import bricks
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Writes the public services of Astakos, ready for `service-import`."""

    help = "Print the definitions of Astakos' own public services as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the output format, which is always JSON here."""
        add_output_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print them with their addresses filled in."""
        del options
        brick = bricks.installed(["astakos"])[0]
        told = definitions.exported(brick.services, brick.base_url)
        self.stdout.write(json.dumps(told, indent=2))
