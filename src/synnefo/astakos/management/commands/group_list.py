"""`snf-manage group-list`. Spec: identity 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count

from synnefo.astakos.models import Group
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "name", "users_count")
FIELDS = ("uuid", "domain", "description")


class Command(BaseCommand):
    """Lists groups."""

    help = "List groups of users."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the options of lists."""
        add_list_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one row for each group."""
        found = Group.objects.annotate(users_count=Count("seats")).order_by("pk")
        rows = [
            {
                "id": group.pk,
                "name": group.name,
                "users_count": group.users_count,
                "uuid": group.uuid,
                "domain": group.domain_id,
                "description": group.description,
            }
            for group in found
        ]
        print_list(self, rows, COLUMNS, options, fields=FIELDS)
