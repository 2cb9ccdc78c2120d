"""`kamaki project`. Spec: kamaki 5.2."""

from typing import Any

import click

from kamaki.asking import as_session, filtered, formatted, keep
from kamaki.output import emit
from kamaki.session import Session


@click.group()
def group() -> None:
    """Projects that I am in."""


@group.command("list")
@filtered
@formatted
@as_session
def list_projects(session: Session, output_format: str | None, **filters: Any) -> None:
    """List my projects."""
    found = session.projects.read("GET", "/auth/projects", dict[str, Any])
    emit(keep(found["projects"], **filters), output_format)
