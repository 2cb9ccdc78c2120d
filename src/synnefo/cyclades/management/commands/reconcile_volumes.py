"""`snf-manage reconcile-volumes`: the disks of `reconcile-servers`. Spec: compute 15.1."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from synnefo.serve.commands import add_list_options


class Command(BaseCommand):
    """Compares disks only."""

    help = "Compare the disks of servers with what clusters have; put them right with --fix."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to look, and whether to put things right."""
        add_list_options(parser)
        parser.add_argument("--backend-id", help="only this cluster, by id or name")
        parser.add_argument("--fix", action="store_true", help="put them right")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Look, and mend when asked."""
        passed = ("output", "list_fields", "filter_by", "list_filters", "no_headers")
        call_command(
            "reconcile_servers",
            filter_by=options["filter_by"] or "kind=disks",
            backend_id=options["backend_id"],
            fix_unsynced_disks=options["fix"],
            output_format=options["output_format"],
            verbosity=options["verbosity"],
            stdout=self.stdout,
            stderr=self.stderr,
            **{name: options[name] for name in passed if name != "filter_by"},
        )
