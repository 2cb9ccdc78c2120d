"""`snf-manage service-list`. Spec: identity 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.models import Service
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists services."""

    help = "List the registered services."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the services."""
        rows = [
            {
                "id": service.pk,
                "name": service.name,
                "component": service.component.name,
                "type": service.type,
                "catalog": service.catalog,
            }
            for service in Service.objects.select_related("component").order_by("pk")
        ]
        columns = ("id", "name", "component", "type")
        print_list(self, rows, columns, options, fields=("catalog",))
