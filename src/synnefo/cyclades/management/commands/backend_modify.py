"""`snf-manage backend-modify`. Spec: compute 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import find_cluster, refusals, truth
from synnefo.cyclades.usecases import clusters
from synnefo.cyclades.usecases.clusters import ClusterChange

FIELDS = (
    "clustername",
    "port",
    "address",
    "username",
    "password",
    "hypervisor",
    "drained",
    "offline",
    "public",
)


class Command(BaseCommand):
    """Changes a cluster."""

    help = "Change a cluster; new credentials are tried first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to change."""
        parser.add_argument("backend", metavar="ID", help="id or name of the cluster")
        parser.add_argument("--clustername", help="its new name")
        parser.add_argument("--port", type=int, help="port of its RAPI")
        parser.add_argument("--address", help="address of its RAPI, if not name and port")
        parser.add_argument("--username", "--user", help="RAPI user")
        parser.add_argument("--password", "--pass", help="RAPI password")
        parser.add_argument("--hypervisor", help="kvm, xen-pvm, xen-hvm or fake")
        parser.add_argument("--drained", type=truth, help="True: no new servers")
        parser.add_argument("--offline", type=truth, help="True: never speak to it")
        parser.add_argument("--public", type=truth, help="True: for every project")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Change it."""
        cluster = find_cluster(options["backend"])
        with refusals():
            clusters.modify(cluster, ClusterChange(**{name: options[name] for name in FIELDS}))
        self.stdout.write(f"{cluster.clustername} was changed.")
