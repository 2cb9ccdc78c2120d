"""`snf-manage openapi`: write the committed documents of every API."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import get_resolver

from synnefo.serve.http.dispatch import Api
from synnefo.serve.http.openapi import document
from synnefo.webproject.urls import base_path


class Command(BaseCommand):
    """Writes one JSON file an API, from the tables that answer requests."""

    help = "Write one OpenAPI document per API into a folder, or check that they are current."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, and whether only to compare."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--check", action="store_true", help="only compare; exit 1 if different"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write or compare each document."""
        assert get_resolver().url_patterns  # loads every brick's addresses
        folder: Path = options["folder"]
        stale = []
        for name, api in sorted(Api.known.items()):
            told = document(api, base_path(api.brick))
            text = json.dumps(told, indent=1, sort_keys=True) + "\n"
            file = folder / f"{name}.json"
            if not file.exists() or file.read_text() != text:
                stale.append(name)
                if not options["check"]:
                    folder.mkdir(exist_ok=True)
                    file.write_text(text)
        if options["check"] and stale:
            raise CommandError(f"Not current: {', '.join(stale)}. Run `make openapi`.")
        self.stdout.write(f"{len(Api.known)} APIs, {len(stale)} changed.")
