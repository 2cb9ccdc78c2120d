"""`snf-manage backend-add`. Spec: compute 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.management.words import refusals, truth
from synnefo.cyclades.models import Cluster
from synnefo.cyclades.usecases import cluster_networks, clusters
from synnefo.cyclades.usecases.clusters import ClusterOrder
from synnefo.kit.faults import Fault
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Makes a cluster known."""

    help = "Add a cluster. It starts drained: `backend-modify ID --drained False` opens it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where the cluster is and how to sign in."""
        add_output_options(parser)
        parser.add_argument("--clustername", required=True, help="the cluster's own name")
        parser.add_argument("--port", type=int, default=5080, help="port of its RAPI (5080)")
        parser.add_argument("--address", default="", help="address of its RAPI, if it is another")
        parser.add_argument("--user", required=True, dest="username", help="RAPI user")
        parser.add_argument("--pass", required=True, dest="password", help="RAPI password")
        parser.add_argument("--no-init", action="store_true", help="without our public networks")
        parser.add_argument("--no-check", action="store_true", help="do not try the credentials")
        parser.add_argument("--hypervisor", default="kvm", help="kvm, xen-pvm, xen-hvm or fake")
        parser.add_argument("--public", type=truth, default=True, help="for every project (True)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Try the credentials, keep the cluster, show its room."""
        fields = ("clustername", "port", "address", "username", "password", "hypervisor", "public")
        order = ClusterOrder(**{name: options[name] for name in fields})
        with refusals():
            cluster = clusters.add(order, check=not options["no_check"])
        if not options["no_init"]:
            self._take_networks(cluster)
        shown = {
            "id": cluster.id,
            "clustername": cluster.clustername,
            "index": cluster.index,
            "drained": cluster.drained,
            "disk_templates": cluster.disk_templates,
            "mem": f"{cluster.mfree}/{cluster.mtotal} MiB",
            "disk": f"{cluster.dfree}/{cluster.dtotal} MiB",
        }
        print_one(self, shown, options)

    def _take_networks(self, cluster: Cluster) -> None:
        """Make the public networks there; what fails is made when a server needs it."""
        try:
            networks = cluster_networks.prepare_cluster(cluster)
        except (EngineError, Fault) as error:
            self.stderr.write(f"The public networks are not there yet: {error}")
            return
        for network in networks:
            self.stderr.write(f"The network '{network.name}' is being made there.")
