"""Files that commands read."""

import json
import sys
from pathlib import Path

from django.core.management.base import CommandError


def read_text(name: str) -> str:
    """Read a file, or standard input for `-`; CommandError when it cannot be read."""
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"Cannot read {name}: {error}") from error


def read_json(name: str) -> object:
    """Read a JSON file; CommandError when it is something else."""
    try:
        return json.loads(read_text(name))
    except json.JSONDecodeError as error:
        raise CommandError(f"{name} is not JSON: {error}") from error
