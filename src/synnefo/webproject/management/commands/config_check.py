"""`snf-manage config-check`: what this host's settings are and what is odd about them."""

import difflib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connections

from synnefo.kit import conf, tables
from synnefo.serve.commands import add_output_options
from synnefo.webproject import components, reference


class Command(BaseCommand):
    """Loads the settings, shows the effective ones and warns."""

    help = "Check the settings: effective values (secrets masked), near misses, dead databases."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the output format, and whether to show defaults, too."""
        add_output_options(parser)
        parser.add_argument(
            "--all", action="store_true", help="show settings left at default, too"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the settings and every warning; exit 1 when a slice cannot be read."""
        loaded = conf.current()
        kinds = components.settings_kinds()
        try:
            rows = [row for kind in kinds for row in _rows(loaded, kind)]
        except conf.SettingsError as error:
            raise CommandError(str(error)) from error
        shown = [row for row in rows if options["all"] or row["from"] != "default"]
        columns = ["setting", "value", "from"]
        self.stdout.write(tables.render(shown, columns, options["output_format"]))
        for warning in [*_near_misses(loaded, {str(row["setting"]) for row in rows}), *_dead()]:
            self.stderr.write(f"warning: {warning}")


def _rows(loaded: conf.Settings, kind: type[msgspec.Struct]) -> list[dict[str, object]]:
    values = loaded.of(kind)
    rows: list[dict[str, object]] = []
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        secret = any(word in name for word in reference.SECRETS)
        value = "***" if secret else repr(getattr(values, field.name))
        origin = Path(loaded.origin.get(name, "default")).name
        rows.append({"setting": name, "value": value, "from": origin})
    return rows


def _near_misses(loaded: conf.Settings, known: set[str]) -> list[str]:
    """Name settings that nobody reads but that look like one that somebody does."""
    found = []
    for name, origin in loaded.origin.items():
        if name.isupper() and name not in known and origin != "default":
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            if close:
                found.append(f"{name} in {origin} is read by nobody; did you mean {close[0]}?")
    return found


def _dead() -> list[str]:
    found = []
    for alias in [name for name in connections if name != "default"]:
        try:
            connections[alias].ensure_connection()
        except Error as error:
            found.append(f"database {alias}: {error}")
    return found
