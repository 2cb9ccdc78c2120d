"""`snf-manage backend-update-status`. Spec: compute 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.management.words import find_cluster, truth
from synnefo.cyclades.models import Cluster
from synnefo.cyclades.usecases import clusters
from synnefo.kit.faults import Fault


class Command(BaseCommand):
    """Reads the free room of clusters anew."""

    help = "Read storage and free room of every online cluster, or of one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which one."""
        parser.add_argument("--backend-id", help="only this cluster")
        parser.add_argument(
            "--older-than", type=int, metavar="MINUTES", default=0, help="only what is older (0)"
        )
        parser.add_argument(
            "--include-drained",
            type=truth,
            nargs="?",
            const=True,
            default=True,
            help="those that take no new servers too (True)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ask each cluster; those that fail are told."""
        chosen = options["backend_id"]
        rows = [find_cluster(chosen)] if chosen else _due(options)
        failed = 0
        for cluster in rows:
            try:
                clusters.refresh(cluster)
                clusters.heard(cluster)
            except (EngineError, Fault) as error:
                failed += 1
                self.stderr.write(f"{cluster.clustername}: {error}")
            else:
                self.stdout.write(f"{cluster.clustername}: {cluster.mfree} MiB of memory free")
        if failed:
            raise CommandError(f"{failed} clusters did not answer.")


def _due(options: dict[str, Any]) -> list[Cluster]:
    return clusters.outdated(options["older_than"], drained=options["include_drained"])
