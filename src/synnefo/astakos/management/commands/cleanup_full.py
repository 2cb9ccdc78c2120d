"""`snf-manage cleanup-full`. Spec: identity 16.8."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.usecases import clean_ups
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Deletes what ran out."""

    help = "Delete expired sessions with their tokens, then all else that ran out; print how many."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the format of the answer."""
        add_output_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Delete in one transaction and tell what."""
        print_one(self, clean_ups.clean_up(), options)
