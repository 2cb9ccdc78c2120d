"""`snf-manage resource-list`. Spec: identity 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain.limits import STYLES, show_amount
from synnefo.astakos.models import Resource
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "name", "system_default", "project_default", "api_visible", "ui_visible")
FIELDS = ("service_type", "service_origin", "unit", "description")


class Command(BaseCommand):
    """Lists resources."""

    help = "List what is counted and limited, with the defaults."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options and how to write sizes."""
        add_list_options(parser)
        parser.add_argument("--unit-style", default="mb", choices=STYLES)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the resources."""
        style = options["unit_style"]
        rows = [_row(resource, style) for resource in Resource.objects.order_by("pk")]
        print_list(self, rows, COLUMNS, options, fields=FIELDS)


def _row(resource: Resource, style: str) -> dict[str, Any]:
    return {
        "id": resource.pk,
        "name": resource.name,
        "system_default": show_amount(resource.uplimit, resource.unit, style),
        "project_default": show_amount(resource.project_default, resource.unit, style),
        "api_visible": resource.api_visible,
        "ui_visible": resource.ui_visible,
        "service_type": resource.service_type,
        "service_origin": resource.service_origin,
        "unit": resource.unit,
        "description": resource.desc,
    }
