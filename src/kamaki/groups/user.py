"""`kamaki user`. Spec: kamaki 5.2."""

import click

from kamaki.asking import as_session, formatted
from kamaki.output import emit
from kamaki.session import Session


@click.group()
def group() -> None:
    """Who I am, in this cloud."""


@group.command()
@click.argument("token", required=False)
@formatted
@as_session
def authenticate(session: Session, token: str | None, output_format: str | None) -> None:
    """Sign in with a token, and show what the cloud answers."""
    emit(session.authenticate(token or session.token), output_format)


@group.command()
@formatted
@as_session
def info(session: Session, output_format: str | None) -> None:
    """Show the current user."""
    emit(session.access["user"], output_format)
