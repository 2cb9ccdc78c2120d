"""`snf-manage flavor-access-list`. Spec: compute 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.models import FlavorAccess
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "project", "flavor")


class Command(BaseCommand):
    """Lists who may use which flavors."""

    help = "List which projects may use flavors that are not public."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("--project", help="only this project")
        parser.add_argument("--flavor", type=int, help="only this flavor")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print them."""
        found = FlavorAccess.objects.order_by("id")
        if options["project"]:
            found = found.filter(project=options["project"])
        if options["flavor"] is not None:
            found = found.filter(flavor_id=options["flavor"])
        print_list(self, list(found.values(*COLUMNS)), COLUMNS, options)
