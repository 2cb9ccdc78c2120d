"""`snf-manage project-backend-add`. Spec: compute 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import find_cluster, refusals
from synnefo.cyclades.usecases import clusters


class Command(BaseCommand):
    """Gives a cluster to a project."""

    help = "Send a project's new servers to a cluster; other projects need a public one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the pair."""
        parser.add_argument("--project", required=True, help="uuid of the project")
        parser.add_argument("--backend", required=True, help="id or name of the cluster")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Keep the pair."""
        with refusals():
            made = clusters.reserve(options["project"], find_cluster(options["backend"]))
        self.stdout.write(f"{made.id}: {made.cluster.clustername} serves {made.project}.")
