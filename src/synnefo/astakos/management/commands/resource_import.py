"""`snf-manage resource-import`. Spec: identity 16.10."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain import definitions
from synnefo.astakos.management.files import read_json
from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import catalogs, registry
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Registers resources from a file."""

    help = "Import a JSON list of resource definitions: all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        add_output_options(parser)
        parser.add_argument("--json", required=True, metavar="FILE", help="'-' for standard input")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import, and tell what was added or changed."""
        data = read_json(options["json"])
        with refusals():
            changes = registry.import_resources(definitions.read_resources(data))
        catalogs.forget()
        for change in changes:
            self.stdout.write(f"{change.kind} {change.name}: {change.what} {change.note}".rstrip())
