"""`snf-manage project-backend-remove`. Spec: compute 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.management.words import find_cluster
from synnefo.cyclades.models import ProjectCluster


class Command(BaseCommand):
    """Takes a cluster from a project."""

    help = "End the reservation of a cluster for a project; its servers stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which one."""
        parser.add_argument("mapping", metavar="ID", nargs="?", type=int, help="id of the pair")
        parser.add_argument("--project", help="uuid of the project")
        parser.add_argument("--backend", help="id or name of the cluster")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Forget the pair."""
        if options["mapping"] is not None:
            wanted: dict[str, object] = {"id": options["mapping"]}
        elif options["project"] and options["backend"]:
            cluster = find_cluster(options["backend"])
            wanted = {"project": options["project"], "cluster": cluster}
        else:
            raise CommandError("Give an ID, or both --project and --backend.")
        count, _rows = ProjectCluster.objects.filter(**wanted).delete()
        if not count:
            raise CommandError("There is no such pair; see project-backend-list.")
        self.stdout.write("The pair was removed.")
