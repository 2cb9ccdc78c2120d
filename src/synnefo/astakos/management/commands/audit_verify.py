"""`snf-manage audit-verify`: check that nobody changed the audit log."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from synnefo.astakos.domain import audit as chain
from synnefo.astakos.domain.audit import Link
from synnefo.astakos.usecases import audit
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Verifies the audit log, or an export of it."""

    help = (
        "Check every link of the audit log's chain; exits 1 where it breaks and names the entry."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a head noted earlier, or an exported file."""
        add_output_options(parser)
        parser.add_argument(
            "--head",
            default="",
            metavar="NUMBER:DIGEST",
            help="a head printed earlier; tells whether the log was cut or written anew since",
        )
        parser.add_argument("--file", metavar="FILE", help="check what audit-export wrote instead")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Seal what waits, check, and print the head to note for next time."""
        if options["file"]:
            self._check_file(Path(options["file"]), options)
            return
        audit.seal_all()
        found = audit.verify(options["head"])
        if found.broken is not None:
            raise CommandError(f"The audit log does not hold: {found.broken.reason}.")
        facts = {"entries": found.entries, "head": found.head, "verdict": "whole"}
        print_one(self, facts, options)

    def _check_file(self, path: Path, options: dict[str, Any]) -> None:
        links = _links(path)
        start = next(links, None)
        if start is None:
            raise CommandError(f"{path} holds no entries.")
        count, last = 1, start
        if start.number == 1:
            _refuse(chain.check([start]))
        for link in links:
            _refuse(chain.check([link], after=(last.number, last.digest)))
            count, last = count + 1, link
        head = f"{last.number}:{last.digest}"
        print_one(self, {"entries": count, "head": head, "verdict": "whole"}, options)


def _refuse(broken: chain.Broken | None) -> None:
    if broken is not None:
        raise CommandError(f"The export does not hold: {broken.reason}.")


def _links(path: Path) -> Iterator[Link]:
    try:
        with path.open("rb") as lines:
            for line in lines:
                yield msgspec.json.decode(line, type=Link)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise CommandError(f"{path} is no export of the audit log: {error}.") from error
