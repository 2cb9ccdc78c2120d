"""`snf-manage migrate`: Django's, but it never makes a running cloud wait long for its tables."""

import time
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connections

from synnefo.kit.logs import get_logger
from synnefo.serve.statements import fetch, is_postgresql

log = get_logger(__name__)

PATIENCE = "4s"
"""How long a migration waits for a table; whoever needs that table waits behind it as long."""
ATTEMPTS = 5
PAUSE = 2.0
_NOT_AVAILABLE = "55P03"


class Command(Migrate):
    """Gives a table up that others hold, lets them work for a moment, and tries again.

    A migration that was given up has changed nothing: each is a transaction.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate one brick's database. Spec: operations 12."""
        alias = str(options["database"])
        if alias not in connections or not connections.settings[alias].get("ENGINE"):
            super().handle(*args, **options)
            return
        if not is_postgresql(alias):
            super().handle(*args, **options)
            return
        for attempt in range(1, ATTEMPTS + 1):
            fetch(alias, "SELECT set_config('lock_timeout', %s, false)", [PATIENCE])
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", "") != _NOT_AVAILABLE:
                    raise
                log.warning("tables-in-use", database=alias, attempt=attempt)
                time.sleep(PAUSE)
            else:
                return
        raise CommandError(
            f"The tables of {alias} are in use all the time. Nothing was changed by the last"
            " step. Try again when there is less to do, or stop what holds them."
        )
