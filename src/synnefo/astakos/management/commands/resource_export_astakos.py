"""`snf-manage resource-export-astakos`. Spec: identity 16.10."""

import json
from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from synnefo.astakos.usecases import bricks
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Writes the resources of Astakos, ready for `resource-import`."""

    help = "Print the definitions of Astakos' own resources as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the output format, which is always JSON here."""
        add_output_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print them."""
        del options
        brick = bricks.installed(["astakos"])[0]
        found = [one for service in brick.services for one in service.resources.values()]
        self.stdout.write(json.dumps(msgspec.to_builtins(found), indent=2))
