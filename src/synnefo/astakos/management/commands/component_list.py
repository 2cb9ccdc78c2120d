"""`snf-manage component-list`. Spec: identity 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.models import Component
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists components."""

    help = "List the registered components."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the components."""
        rows = [
            {
                "id": component.pk,
                "name": component.name,
                "base_url": component.base_url,
                "ui_url": component.url,
                "token_created": component.token_created_at,
            }
            for component in Component.objects.order_by("pk")
        ]
        fields = ("ui_url", "token_created")
        print_list(self, rows, ("id", "name", "base_url"), options, fields=fields)
