"""`snf-manage component-add`. Spec: identity 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import registry
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Registers a component."""

    help = "Register a component and print its token, which is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the component's name and addresses."""
        add_output_options(parser)
        parser.add_argument("name", help="such as cyclades")
        parser.add_argument("old_ui_url", nargs="?", default="", help="the same as --ui-url")
        parser.add_argument("--ui-url", default="", help="address of its web interface")
        parser.add_argument("--base-url", default="", help="address below which it answers")
        parser.add_argument(
            "--print-token", action="store_true", help="print nothing but the token"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Register it."""
        with refusals():
            _, token = registry.add_component(
                options["name"],
                base_url=options["base_url"],
                ui_url=options["ui_url"] or options["old_ui_url"],
            )
        self.stdout.write(token if options["print_token"] else f"Token: {token}")
