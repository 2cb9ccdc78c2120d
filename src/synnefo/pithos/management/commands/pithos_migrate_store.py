"""`snf-manage pithos-migrate-store`. Spec: object-storage 19.4."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.kit.faults import Fault
from synnefo.kit.units import human_size
from synnefo.pithos.usecases import relocation
from synnefo.pithos.usecases.relocation import Moved


class Command(BaseCommand):
    """Moves all blocks into the store of the settings, while it serves."""

    help = (
        "Move every block from the store in PITHOS_BACKEND_BLOCK_FORMER into the one of the "
        "settings. The services go on meanwhile; a run that was stopped goes on by itself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how careful to be."""
        parser.add_argument("--verify", action="store_true", help="read each block again")
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Move, telling every few seconds how far it is."""
        told, shown = Moved(), time.monotonic()
        is_dry = options["dry_run"]
        try:
            for told in relocation.move_all(dry_run=is_dry, verify=options["verify"]):
                if time.monotonic() - shown > 5:
                    shown = time.monotonic()
                    self.stdout.write(f"{told.blocks} blocks, {human_size(told.size)}")
        except Fault as fault:
            raise CommandError(fault.message) from fault
        done = "would be moved" if is_dry else "were moved"
        self.stdout.write(f"{told.blocks} blocks of {human_size(told.size)} {done}.")
        for name in told.damaged:
            self.stderr.write(f"{name} is damaged and stays where it is.")
        for name in told.unequal:
            self.stderr.write(f"{name} does not read well in the new store.")
        if told.damaged or told.unequal:
            raise CommandError("Not everything could be moved. Run pithos-scrub.")
