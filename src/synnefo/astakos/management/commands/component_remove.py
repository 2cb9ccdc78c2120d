"""`snf-manage component-remove`. Spec: identity 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import registry
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Takes a component out of the registry."""

    help = "Remove a component with its services."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the component."""
        add_output_options(parser)
        parser.add_argument("component", help="name or number")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Remove it."""
        with refusals():
            registry.remove_component(registry.find_component(options["component"]))
