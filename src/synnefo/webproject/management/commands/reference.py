"""`snf-manage reference`: write the reference pages of settings and commands."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.webproject import components, reference


class Command(BaseCommand):
    """Writes settings.md and commands.md."""

    help = "Write the reference of settings and commands, or check that it is current."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, and whether only to compare."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--check", action="store_true", help="only compare; exit 1 if different"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write or compare each page."""
        kinds = components.settings_kinds()
        pages = {
            "settings.md": reference.settings_page(kinds),
            "commands.md": reference.commands_page(),
        }
        stale = [n for n, text in pages.items() if not self._same(options["folder"] / n, text)]
        if options["check"] and stale:
            raise CommandError(f"Not current: {', '.join(stale)}. Run `make openapi`.")
        for name in stale:
            (options["folder"] / name).write_text(pages[name])
        self.stdout.write(f"{len(pages)} pages, {len(stale)} changed.")

    @staticmethod
    def _same(file: Path, text: str) -> bool:
        return file.exists() and file.read_text() == text
