"""`snf-manage pithos-gc`. Spec: object-storage 15.6, 19.1."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.kit.faults import Fault
from synnefo.kit.units import human_size
from synnefo.pithos.usecases import garbage


class Command(BaseCommand):
    """Removes blocks that nothing refers to."""

    help = "Count the blocks that nothing needs; with --remove, remove them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the grace and whether to remove."""
        parser.add_argument("--grace", type=float, metavar="SECONDS", help="how old they must be")
        parser.add_argument("--remove", action="store_true", help="remove them")
        parser.add_argument("--dry-run", action="store_true", help="only count, the default")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Look, and remove where asked."""
        is_dry = options["dry_run"] or not options["remove"]
        try:
            told = garbage.collect_blocks(grace=options["grace"], dry_run=is_dry)
        except Fault as fault:
            raise CommandError(fault.message) from fault
        done = "would be removed" if is_dry else "were removed"
        self.stdout.write(
            f"{told.looked_at} blocks were looked at; {told.removed} of "
            f"{human_size(told.removed_bytes)} {done}."
        )
