"""`snf-manage reconcile-pools`. Spec: network 13.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.looks import tell
from synnefo.cyclades.usecases import pool_audit
from synnefo.cyclades.usecases.pool_audit import Finding
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("pool", "value", "problem", "fixed")


class Command(BaseCommand):
    """Holds pools against what is used."""

    help = "Compare the pools of addresses, bridges and MAC prefixes with what is in use."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to put things right."""
        add_list_options(parser)
        parser.add_argument("--fix", action="store_true", help="replace maps that are wrong")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what is wrong."""
        found = pool_audit.audit(fix=options["fix"])
        rows: list[dict[str, Any]] = [
            {
                "pool": one.pool,
                "value": one.value,
                "problem": _problem(one),
                "fixed": options["fix"],
            }
            for one in found
        ]
        for pool, value, times in pool_audit.duplicates():
            problem = f"used {times} times"
            rows.append({"pool": pool, "value": value, "problem": problem, "fixed": False})
        if not rows:
            tell(self, options["verbosity"], 1, "Every pool is in order.")
        print_list(self, rows, COLUMNS, options)


def _problem(finding: Finding) -> str:
    return "never given out again" if finding.is_lost else "could be given out twice"
