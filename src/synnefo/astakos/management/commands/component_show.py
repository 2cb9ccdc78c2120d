"""`snf-manage component-show`. Spec: identity 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import registry
from synnefo.kit import tables
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows a component; its token is kept as a digest and cannot be shown."""

    help = "Show a component and its services."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the component."""
        add_output_options(parser)
        parser.add_argument("component", help="name or number")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the facts and the services."""
        with refusals():
            component = registry.find_component(options["component"])
        facts = {
            "id": component.pk,
            "name": component.name,
            "base url": component.base_url,
            "ui url": component.url,
            "token created": component.token_created_at,
            "token expires": component.token_expires_at,
        }
        print_one(self, facts, options)
        rows = list(component.services.order_by("pk").values("id", "name", "type"))
        if rows:
            table = tables.render(rows, ("id", "name", "type"), options["output_format"])
            self.stdout.write("\n" + table)
