"""`snf-manage reconcile-networks`. Spec: network 13.2."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.models import Cluster
from synnefo.cyclades.usecases import cluster_networks, network_outcomes
from synnefo.cyclades.usecases.cluster_networks import Finding
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("network", "backend", "state")


class Command(BaseCommand):
    """Holds networks against clusters."""

    help = "Compare networks in motion with what the clusters have of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to put things right."""
        add_list_options(parser)
        parser.add_argument("--fix-all", action="store_true", help="believe the clusters")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what differs: the state is the cluster's."""
        rows = []
        for cluster in Cluster.objects.filter(offline=False):
            for finding in self._look(cluster):
                rows.append(
                    {
                        "network": finding.network_id,
                        "backend": cluster.clustername,
                        "state": finding.state,
                    }
                )
                if options["fix_all"]:
                    network_outcomes.adopt(finding)
        print_list(self, rows, COLUMNS, options)

    def _look(self, cluster: Cluster) -> list[Finding]:
        try:
            return cluster_networks.look(cluster, older_than=timedelta(seconds=60))
        except EngineError as error:
            self.stderr.write(str(error))
            return []
