"""`snf-manage backend-list`. Spec: compute 16.2."""

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand
from django.db.models import Count, Q

from synnefo.cyclades.models import Cluster
from synnefo.cyclades.usecases import cluster_networks
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = (
    "id",
    "clustername",
    "port",
    "username",
    "drained",
    "offline",
    "public",
    "vms",
    "hypervisor",
    "ips",
    "disk_templates",
)
_OWN = tuple(name for name in COLUMNS if name not in {"ips"})


class Command(BaseCommand):
    """Lists clusters."""

    help = "List the clusters."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the clusters."""
        ips = cluster_networks.public_addresses()
        living = Count("servers", filter=Q(servers__deleted=False))
        rows = [
            {
                **{name: getattr(one, name) for name in _OWN},
                "ips": ips.get(one.id, "0/0"),
                "address": address,
                "port": urlsplit(address).port or one.port,
                "index": one.index,
                "mem": f"{one.mfree}/{one.mtotal}",
                "disk": f"{one.dfree}/{one.dtotal}",
                "refreshed": one.refreshed,
                "silent_since": one.silent_since,
            }
            for one in Cluster.objects.annotate(vms=living).order_by("id")
            for address in [one.address or f"https://{one.clustername}:{one.port}"]
        ]
        fields = ("address", "index", "mem", "disk", "refreshed", "silent_since")
        print_list(self, rows, COLUMNS, options, fields=fields)
