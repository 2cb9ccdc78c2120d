"""`snf-manage audit-export`: write the sealed audit log, so that anybody can check it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from synnefo.astakos.usecases import audit


class Command(BaseCommand):
    """Exports the audit log."""

    help = "Export the sealed audit log as JSON lines; 'audit-verify --file' checks the export."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to write and from which entry on."""
        parser.add_argument("--file", metavar="FILE", help="a new file; else standard output")
        parser.add_argument("--first", type=int, default=1, help="number of the first entry")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Seal what waits and write one line per entry; tell on standard error how many."""
        audit.seal_all()
        count = 0
        if options["file"]:
            count = self._to_file(Path(options["file"]), options["first"])
        else:
            for row in audit.export(first=options["first"]):
                self.stdout.write(msgspec.json.encode(row).decode())
                count += 1
        self.stderr.write(f"{count} entries exported.")

    @staticmethod
    def _to_file(path: Path, first: int) -> int:
        count = 0
        try:
            with path.open("xb") as out:
                path.chmod(0o600)
                for row in audit.export(first=first):
                    out.write(msgspec.json.encode(row) + b"\n")
                    count += 1
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        return count
