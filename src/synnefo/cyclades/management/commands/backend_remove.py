"""`snf-manage backend-remove`. Spec: compute 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.management.words import find_cluster, refusals
from synnefo.cyclades.models import Cluster
from synnefo.cyclades.usecases import cluster_networks, clusters
from synnefo.kit.faults import Fault
from synnefo.serve.commands import confirm


class Command(BaseCommand):
    """Forgets a cluster."""

    help = "Forget a cluster that has no servers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which one."""
        parser.add_argument("backend", metavar="ID", help="id or name of the cluster")
        parser.add_argument("-f", "--force", action="store_true", help="do not ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ask, then forget it."""
        cluster = find_cluster(options["backend"])
        confirm(f"Forget the cluster {cluster.clustername}?", force=options["force"])
        with refusals():
            clusters.check_empty(cluster)
            self._clear(cluster)
            clusters.remove(cluster)
        self.stdout.write(f"{cluster.clustername} was removed.")

    def _clear(self, cluster: Cluster) -> None:
        """Take our networks off it, if it still answers."""
        try:
            count = cluster_networks.clear_cluster(cluster)
        except (EngineError, Fault) as error:
            self.stderr.write(f"Our networks stay on it: {error}")
            return
        if count:
            self.stdout.write(f"Jobs that remove {count} networks from it were submitted.")
