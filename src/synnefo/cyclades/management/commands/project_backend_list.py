"""`snf-manage project-backend-list`. Spec: compute 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.models import ProjectCluster
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "project", "backend")


class Command(BaseCommand):
    """Lists the clusters of projects."""

    help = "List which clusters are reserved for which projects."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the pairs."""
        rows = [
            {"id": one.id, "project": one.project, "backend": one.cluster.clustername}
            for one in ProjectCluster.objects.select_related("cluster").order_by("id")
        ]
        print_list(self, rows, COLUMNS, options)
