"""`snf-manage reconcile-servers`. Spec: compute 15.1."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.domain.differences import Kind
from synnefo.cyclades.management.looks import each_cluster, tell
from synnefo.cyclades.management.words import find_cluster, truth
from synnefo.cyclades.models import Cluster
from synnefo.cyclades.usecases import reconcile, server_audit
from synnefo.cyclades.usecases.server_audit import Finding
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("backend", "kind", "server", "problem", "fixed")

FIXES = {
    "--fix-stale": {Kind.STALE},
    "--fix-orphans": {Kind.ORPHAN},
    "--fix-unsynced": {Kind.STATE, Kind.BUILD},
    "--fix-build-errors": {Kind.BUILD},
    "--fix-unsynced-flavors": {Kind.FLAVOR},
    "--fix-unsynced-nics": {Kind.NICS},
    "--fix-unsynced-disks": {Kind.DISKS},
    "--fix-pending-tasks": {Kind.TASK},
    "--fix-all": set(Kind),
}
LOOKS = {
    "--detect-stale": {Kind.STALE},
    "--detect-orphans": {Kind.ORPHAN},
    "--detect-unsynced": {Kind.STATE, Kind.TASK},
    "--detect-build-errors": {Kind.BUILD},
    "--detect-unsynced-nics": {Kind.NICS},
    "--detect-all": set(Kind),
}


class Command(BaseCommand):
    """Compares the database with the clusters."""

    help = "Compare servers with what clusters have, and put right what differs if asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to look and what to put right."""
        add_list_options(parser)
        parser.add_argument("--backend-id", help="only this cluster, by id or name")
        parser.add_argument(
            "--parallel", type=truth, default=True, help="look at several clusters at once (True)"
        )
        for option, kinds in FIXES.items():
            parser.add_argument(option, action="store_true", help=f"put right: {_words(kinds)}")
        for option, kinds in LOOKS.items():
            parser.add_argument(option, action="store_true", help=f"only show: {_words(kinds)}")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Tell every difference; settle the kinds that were asked for."""
        chosen = options["backend_id"]
        rows = [find_cluster(chosen)] if chosen else Cluster.objects.filter(offline=False)
        fixed, shown = _asked(options, FIXES), _asked(options, LOOKS) or set(Kind)
        found, failed = [], 0
        for cluster, told in each_cluster(
            rows, lambda one: _visit(one, fixed), parallel=options["parallel"]
        ):
            if isinstance(told, str):
                failed += 1
                self.stderr.write(f"{cluster.clustername}: {told}")
                continue
            kept = [one for one in told if one.kind in shown | fixed]
            word = f"{len(kept)} differences" if kept else "everything in sync"
            tell(self, options["verbosity"], 1, f"{cluster.clustername}: {word}.")
            found += [_row(cluster, one, fixed) for one in kept]
        print_list(self, found, COLUMNS, options)
        if failed:
            raise CommandError(f"{failed} cluster(s) could not be looked at.")


def _words(kinds: set[Kind]) -> str:
    return "everything" if kinds == set(Kind) else ", ".join(sorted(kinds))


def _asked(options: dict[str, Any], table: dict[str, set[Kind]]) -> set[Kind]:
    asked = [kinds for name, kinds in table.items() if options[name[2:].replace("-", "_")]]
    return set().union(*asked)


def _visit(cluster: Cluster, fixed: set[Kind]) -> list[Finding]:
    found = server_audit.look(cluster)
    for finding in found:
        if finding.kind in fixed:
            reconcile.mend(cluster, finding)
    return found


def _row(cluster: Cluster, finding: Finding, fixed: set[Kind]) -> dict[str, Any]:
    return {
        "backend": cluster.clustername,
        "kind": str(finding.kind),
        "server": finding.orphan or finding.server_id,
        "problem": finding.what,
        "fixed": finding.kind in fixed and finding.is_mendable,
    }
