"""Runs of commands in the audit log. Spec: identity 16.1."""

import sys

from django.db import DatabaseError

from synnefo.astakos.usecases import audit
from synnefo.serve.command_log import Run, on_run


@on_run
def note(run: Run) -> None:
    """Write a run into the audit log; a database that cannot be used stops no command."""
    try:
        audit.record("command.run", subject=run.command, line=run.line, exit_code=run.code)
    except DatabaseError as error:
        sys.stderr.write(f"This run is not in the audit log: {str(error).strip()}\n")
