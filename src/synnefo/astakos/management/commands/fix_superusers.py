"""`snf-manage fix-superusers`. Spec: identity 16.8."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.usecases import maintenance
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Completes administrators."""

    help = "Give administrators made by other tools a token, a sign-in method and a project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether only to tell."""
        add_output_options(parser)
        parser.add_argument("--dry-run", action="store_true", help="tell, and change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Complete each, and print how many there were."""
        found = maintenance.incomplete_superusers()
        for user in found:
            self.stderr.write(user.email)
            if not options["dry_run"]:
                maintenance.fix_superuser(user)
        would = "would be fixed" if options["dry_run"] else "fixed"
        self.stdout.write(f"{len(found)} superusers {would}.")
