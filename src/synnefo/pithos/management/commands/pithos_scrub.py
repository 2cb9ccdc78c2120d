"""`snf-manage pithos-scrub`. Spec: object-storage 15.6."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.kit.faults import Fault
from synnefo.kit.units import human_size, parse_size
from synnefo.pithos.models import ScrubRound
from synnefo.pithos.usecases import scrub
from synnefo.pithos.usecases.scrub import Pace
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("block", "state", "kind", "name")


class Command(BaseCommand):
    """Reads all needed blocks again and tells what is lost or damaged."""

    help = "Read every block again, heal what can be healed, and list what suffers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the pace, and whether only to list."""
        parser.add_argument("--rate", metavar="BYTES", help="read at most so much a second: 20M")
        parser.add_argument("--seconds", type=float, default=0, help="stop then; go on next time")
        parser.add_argument("--restart", action="store_true", help="begin anew")
        parser.add_argument("--list", action="store_true", help="only list what was found before")
        add_list_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Look, then list."""
        try:
            if not options["list"]:
                pace = Pace(_rate(options["rate"]), options["seconds"])
                self.stdout.write(_told(scrub.run(pace, restart=options["restart"])))
            found = list(scrub.sufferers())
        except Fault as fault:
            raise CommandError(fault.message) from fault
        if found:
            print_list(self, [one.row() for one in found], COLUMNS, options)
            raise CommandError(f"{len({one.block for one in found})} blocks are lost or damaged.")
        self.stdout.write("Nothing is known to be lost or damaged.")


def _rate(text: str | None) -> int:
    try:
        return parse_size(text) if text else 0
    except ValueError as error:
        raise CommandError(str(error)) from error


def _told(current: ScrubRound) -> str:
    state = "All" if current.finished else f"Up to {current.position[:8]}…, not all,"
    return (
        f"{state} blocks were looked at: {current.blocks}, {human_size(current.size)}; "
        f"{current.healed} were healed, {current.damaged} are lost or damaged."
    )
