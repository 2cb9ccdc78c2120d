"""Every change of what tokens and catalogues tell moves the mark of this host.

Processes remember callers and answers for a few seconds (`remembered`, `serve/http/remote_auth`).
The mark is moved by the statements themselves, whoever sends them, so that no use case, command or
job can forget it. Tables are watched unless they are named here: a new one is, to begin with.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from synnefo.astakos.models import DATABASE
from synnefo.serve import statements
from synnefo.serve.http import revocations

QUIET = frozenset(
    f"astakos_{name}"
    for name in (
        *("holding", "commission", "provisionrow", "provisionlog", "usagesample", "usagemark"),
        *("queuederrand", "auditentry", "audithead", "projectlog", "projectlock"),
        *("projectmembershiplog", "projectresourcequota", "projectapplication"),
        *("projectresourcegrant", "loginfailures", "sessioncatalog", "entrance"),
        *("passkeyquestion", "knowndevice", "passwordreset", "authreceipt", "signup"),
        *("invitation", "emailchange", "solvedpuzzle", "totpdevice", "passkey", "recoverycode"),
        *("authprovider", "authpolicyprofile", "pendingthirdpartyuser", "providertrip"),
        *("client", "redirecturl", "authorizationcode"),
    )
)
"""Tables that say nothing about whose a token is, what it opens, or where services are."""
QUIET_WHEN_NEW = frozenset(
    f"astakos_{name}"
    for name in ("token", "user", "project", "trust", "applicationcredential", "credential")
)
"""Tables of whose new rows nothing can be remembered yet."""

_CHANGES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "WITH")
_TABLE = re.compile(r"\bastakos_\w+")
_NEWS = "INSERT"

Execute = Callable[..., Any]


def watch() -> None:
    """Look at the statements of every connection to our database from now on."""
    connection_created.connect(_begin, dispatch_uid="astakos.changes")
    statements.UNCONCERNED.add(_see)


def _begin(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.alias == DATABASE and _see not in connection.execute_wrappers:
        connection.execute_wrappers.append(_see)


def _see(execute: Execute, sql: str, *more: Any) -> Any:
    """Run a statement; move the mark with the commit when it changed what somebody remembers."""
    done = execute(sql, *more)
    if not sql.startswith("SELECT") and tells(sql):
        _announce(more[-1]["connection"])
    return done


@lru_cache(maxsize=1024)
def tells(sql: str) -> bool:
    """Tell whether a statement changes what tokens or catalogues tell."""
    text = sql.lstrip()
    verb = text[:8].partition(" ")[0].upper()
    if verb not in _CHANGES:
        return False
    tables = _TABLE.findall(text)
    if verb == "WITH":
        return not QUIET.issuperset(tables)
    if verb == "TRUNCATE":
        return True
    table = tables[0] if tables else ""
    return bool(table) and table not in QUIET and not (verb == _NEWS and table in QUIET_WHEN_NEW)


def _announce(connection: BaseDatabaseWrapper) -> None:
    waiting = connection.run_on_commit
    place = (set(connection.savepoint_ids), revocations.announce)
    if waiting and waiting[-1][:2] == place:
        return
    transaction.on_commit(revocations.announce, using=DATABASE)
