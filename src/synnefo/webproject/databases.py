"""Which database each brick uses."""

from pathlib import Path
from typing import Any

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"

_PRAGMAS = (
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; "
    "PRAGMA cache_size = -8000;"
)


class BrickRouter:
    """Sends each brick's tables to the database of its name; no query crosses."""

    def db_for_read(self, model: type, **_hints: object) -> str | None:
        """Read a brick's rows from its own database."""
        return _alias(model._meta.app_label)  # type: ignore[attr-defined] # every model has it

    def db_for_write(self, model: type, **_hints: object) -> str | None:
        """Write a brick's rows to its own database."""
        return _alias(model._meta.app_label)  # type: ignore[attr-defined] # every model has it

    def allow_relation(self, one: Any, other: Any, **_hints: object) -> bool:
        """Allow relations inside a brick only."""
        return bool(one._meta.app_label == other._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **_hints: object) -> bool | None:
        """Make each brick's tables in its own database."""
        alias = _alias(app_label)
        return None if alias is None else db == alias


_ALIASES: set[str] = set()


def _alias(label: str) -> str | None:
    return label if label in _ALIASES else None


def configured(
    given: dict[str, dict[str, Any]], labels: list[str], data_dir: Path
) -> dict[str, dict[str, Any]]:
    """Make Django's DATABASES: what the operator gave, else SQLite in the data folder."""
    _ALIASES.update(labels)
    found: dict[str, dict[str, Any]] = {"default": {}}
    for label in labels:
        entry = given.get(label) or given.get("default")
        found[label] = _modern(dict(entry)) if entry else sqlite(data_dir / "db" / label)
    return found


def sqlite(stem: Path) -> dict[str, Any]:
    """Describe a SQLite database whose writers stand in line and whose commits are durable."""
    return {
        "ENGINE": SQLITE,
        "NAME": f"{stem}.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": _PRAGMAS,
        },
    }


def _modern(entry: dict[str, Any]) -> dict[str, Any]:
    """Read an old database entry as today's. Spec: operations 2.4, 12."""
    if "psycopg2" in entry.get("ENGINE", ""):
        entry["ENGINE"] = POSTGRESQL
    options = dict(entry.get("OPTIONS", {}))
    size = options.pop("synnefo_poolsize", None)
    if entry.get("ENGINE") == POSTGRESQL:
        if size and "pool" not in options:
            options["pool"] = {"min_size": 1, "max_size": int(size), "timeout": 20}
        if "pool" not in options:
            entry.setdefault("CONN_MAX_AGE", None)
    entry["OPTIONS"] = options
    return entry
