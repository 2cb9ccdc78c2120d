"""Triggers by which the database itself refuses to change or delete entries of the audit log."""

from django.db import connections, transaction

from synnefo.astakos.models import DATABASE, AuditEntry

_TABLE = AuditEntry._meta.db_table
_KEPT = (
    "at",
    "act",
    "actor",
    "actor_name",
    "subject",
    "subject_kind",
    "subject_name",
    "address",
    "agent",
    "request_id",
    "facts",
)
_CHANGED = " OR ".join(f'NEW."{name}" <> OLD."{name}"' for name in _KEPT)
_REFUSED = f"OLD.number IS NOT NULL OR {_CHANGED}"
_COUNT_SQLITE = (
    "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'astakos_audit_%ed'"
)
_COUNT_POSTGRES = "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'astakos_audit_%ed'"
_TOLD = "entries of the audit log are never changed"


def install() -> None:
    """Put the triggers in place; harmless when they are there."""
    if not is_installed():
        _run(_SQLITE if _is_sqlite() else _POSTGRES)


def is_installed() -> bool:
    """Tell whether the database guards the log."""
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(_COUNT_SQLITE if _is_sqlite() else _COUNT_POSTGRES)
        return bool(cursor.fetchone()[0] == 2)


def lift() -> None:
    """Take the triggers away: for a restore, and for tests that empty their tables."""
    on = "" if _is_sqlite() else f" ON {_TABLE}"
    _run([f"DROP TRIGGER IF EXISTS astakos_audit_{what}{on}" for what in ("changed", "deleted")])


def _is_sqlite() -> bool:
    return connections[DATABASE].vendor == "sqlite"


def _run(statements: list[str]) -> None:
    with transaction.atomic(using=DATABASE), connections[DATABASE].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


_SQLITE = [
    f"CREATE TRIGGER astakos_audit_changed BEFORE UPDATE ON {_TABLE} WHEN {_REFUSED} "
    f"BEGIN SELECT RAISE(ABORT, '{_TOLD}'); END",
    f"CREATE TRIGGER astakos_audit_deleted BEFORE DELETE ON {_TABLE} "
    f"BEGIN SELECT RAISE(ABORT, '{_TOLD}'); END",
]
_POSTGRES = [
    "CREATE OR REPLACE FUNCTION astakos_audit_refuse() RETURNS trigger AS "
    f"$$ BEGIN RAISE EXCEPTION '{_TOLD}'; END; $$ LANGUAGE plpgsql",
    f"CREATE TRIGGER astakos_audit_changed BEFORE UPDATE ON {_TABLE} FOR EACH ROW "
    f"WHEN ({_REFUSED}) EXECUTE FUNCTION astakos_audit_refuse()",
    f"CREATE TRIGGER astakos_audit_deleted BEFORE DELETE ON {_TABLE} FOR EACH ROW "
    "EXECUTE FUNCTION astakos_audit_refuse()",
]
