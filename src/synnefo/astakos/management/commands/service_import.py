"""`snf-manage service-import`. Spec: identity 16.4, 17.3."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain import definitions
from synnefo.astakos.management.files import read_json
from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import registry
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Registers services from a file."""

    help = "Import services, with their endpoints and resources, from JSON: all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        add_output_options(parser)
        parser.add_argument("--json", required=True, metavar="FILE", help="'-' for standard input")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import, and tell what was added or changed."""
        data = read_json(options["json"])
        with refusals():
            changes = registry.import_services(definitions.read_services(data))
        if options["output_format"] == "json":
            self.stdout.write(json.dumps([{"name": c.name, "what": c.what} for c in changes]))
            return
        for change in changes:
            self.stdout.write(f"{change.kind} {change.name}: {change.what} {change.note}".rstrip())
