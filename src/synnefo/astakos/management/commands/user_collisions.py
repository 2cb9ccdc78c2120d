"""`snf-manage user-collisions`. Spec: identity 16.8."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain.account_states import show
from synnefo.astakos.usecases import maintenance
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "email", "uuid", "status")


class Command(BaseCommand):
    """Lists users whose addresses collide."""

    help = "List users whose e-mail addresses differ by the case of letters only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print them, those with the same address together."""
        rows = [
            {"id": one.pk, "email": one.email, "uuid": one.uuid, "status": show(one.account)}
            for people in maintenance.collisions()
            for one in people
        ]
        print_list(self, rows, COLUMNS, options)
