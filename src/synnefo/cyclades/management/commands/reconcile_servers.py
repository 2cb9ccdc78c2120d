"""`snf-manage reconcile-servers`. Spec: compute 15.1."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import find_cluster, refusals
from synnefo.cyclades.models import Cluster
from synnefo.cyclades.usecases import reconcile

_FIXES = (
    "--fix-stale",
    "--fix-orphans",
    "--fix-unsynced",
    "--fix-unsynced-nics",
    "--fix-unsynced-disks",
    "--fix-unsynced-flavors",
    "--fix-pending-tasks",
    "--fix-build-errors",
)


class Command(BaseCommand):
    """Compares the database with the clusters."""

    help = "Compare servers with what clusters have, and put right what differs if asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to look and what to put right."""
        parser.add_argument("--backend-id", help="only this cluster")
        parser.add_argument("--fix-all", action="store_true", help="put everything right")
        for option in _FIXES:
            parser.add_argument(option, action="store_true", help="put such differences right")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Tell every difference; settle them when asked."""
        chosen = options["backend_id"]
        rows = [find_cluster(chosen)] if chosen else Cluster.objects.filter(offline=False)
        wanted = {name[2:].replace("-", "_") for name in _FIXES}
        fixing = options["fix_all"] or any(options[name] for name in wanted)
        orphans = options["fix_all"] or options["fix_orphans"]
        for cluster in rows:
            with refusals():
                found = (
                    reconcile.settle(cluster, orphans=orphans)
                    if fixing
                    else reconcile.look(cluster)
                )
            if not found:
                self.stdout.write(f"{cluster.clustername}: everything in sync.")
            for one in found:
                name = one.orphan or f"server {one.server_id}"
                self.stdout.write(f"{cluster.clustername}: {name}: {one.what}")
