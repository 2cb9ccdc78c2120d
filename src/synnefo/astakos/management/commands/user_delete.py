"""`snf-manage user-delete`. Spec: identity 16.8."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.astakos.domain.account_states import show
from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import maintenance
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Deletes users who were never accepted."""

    help = "Delete users by number, after 'yes' was typed; accepted users can only be deactivated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the numbers."""
        add_output_options(parser)
        parser.add_argument("number", nargs="+", type=int, help="as user-list shows it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Show them, ask, and delete all or none."""
        with refusals():
            people = maintenance.by_numbers(options["number"])
        for user in people:
            self.stderr.write(f"{user.pk}  {user.email}  {show(user.account)}")
        if input("Type 'yes' to delete them: ").strip() != "yes":
            raise CommandError("Nothing was changed.")
        with refusals():
            count = maintenance.delete_all(people)
        self.stdout.write(f"{count} users deleted.")
