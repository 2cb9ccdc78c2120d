"""`snf-manage settings-files`: write the settings files that packages bring."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.webproject import settings_files


class Command(BaseCommand):
    """Writes a file for each component, with every setting at its default."""

    help = "Write the settings files that packages bring, or check that they are current."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, and whether only to compare."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--check", action="store_true", help="only compare; exit 1 if different"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write or compare each file."""
        folder: Path = options["folder"]
        wanted = settings_files.files()
        stale = [
            name
            for name, text in wanted.items()
            if not (folder / name).exists() or (folder / name).read_text() != text
        ]
        if options["check"] and stale:
            raise CommandError(f"Not current: {', '.join(stale)}. Run `make openapi`.")
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (folder / name).write_text(wanted[name])
        self.stdout.write(f"{len(wanted)} files, {len(stale)} changed.")
