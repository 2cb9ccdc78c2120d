"""`snf-manage reconcile-networks`. Spec: network 13.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.management.looks import each_cluster, tell
from synnefo.cyclades.management.words import truth
from synnefo.cyclades.models import Cluster
from synnefo.cyclades.usecases import network_audit, pool_audit
from synnefo.cyclades.usecases.network_audit import Finding, Kind
from synnefo.kit.faults import Fault
from synnefo.serve.commands import add_list_options, print_list
from synnefo.serve.errands import Later

COLUMNS = ("network", "backend", "kind", "problem", "fixed")


class Command(BaseCommand):
    """Holds networks against clusters."""

    help = "Compare networks with what the clusters have of them, and put right what differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to put things right."""
        add_list_options(parser)
        parser.add_argument("--fix-all", action="store_true", help="put everything right")
        parser.add_argument(
            "--conflicting-ips", action="store_true", help="show addresses given twice, too"
        )
        parser.add_argument(
            "--parallel", type=truth, default=True, help="look at several clusters at once (True)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what differs."""
        rows, failed = [], 0
        online = Cluster.objects.filter(offline=False)
        for cluster, told in each_cluster(
            online, network_audit.look, parallel=options["parallel"]
        ):
            if isinstance(told, str):
                failed += 1
                self.stderr.write(f"{cluster.clustername}: {told}")
                continue
            rows += [self._row(cluster.clustername, one, options) for one in told]
        rows += [self._row("", one, options) for one in network_audit.states()]
        if options["conflicting_ips"]:
            rows += _twins()
        if not rows:
            tell(self, options["verbosity"], 1, "Every network is in order.")
        print_list(self, rows, COLUMNS, options)
        if failed:
            raise CommandError(f"{failed} cluster(s) could not be looked at.")

    def _row(self, backend: str, finding: Finding, options: dict[str, Any]) -> dict[str, Any]:
        return {
            "network": finding.network_id,
            "backend": backend or None,
            "kind": str(finding.kind),
            "problem": finding.what,
            "fixed": options["fix_all"] and self._mend(finding),
        }

    def _mend(self, finding: Finding) -> bool:
        if not network_audit.can_mend(finding):
            return False
        try:
            network_audit.mend(finding)
        except (EngineError, Fault, Later) as error:
            self.stderr.write(f"network {finding.network_id}: {error}")
            return False
        return finding.kind is not Kind.STATE or finding not in network_audit.states()


def _twins() -> list[dict[str, Any]]:
    return [
        {
            "network": network_id,
            "backend": None,
            "kind": "conflicting-ip",
            "problem": f"{address} is held {times} times",
            "fixed": False,
        }
        for network_id, address, times in pool_audit.addresses_twice()
    ]
