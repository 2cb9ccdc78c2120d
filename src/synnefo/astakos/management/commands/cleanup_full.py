"""`snf-manage cleanup-full`. Spec: identity 16.8."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.usecases import maintenance
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Deletes what ran out."""

    help = "Delete sessions and tokens that ran out, and what they left behind."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the output format."""
        add_output_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Delete, and print how many of each."""
        print_one(self, maintenance.clean_up(), options)
