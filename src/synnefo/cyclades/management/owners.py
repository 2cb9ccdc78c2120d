"""Lists of things that have owners: by user or project, deleted ones, with mail addresses."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db import models

from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import people
from synnefo.serve.http import Caller

Row = TypeVar("Row", bound=models.Model)


def add_owner_options(
    parser: ArgumentParser, *, project: bool = True, deleted: bool = True
) -> None:
    """Add the options of lists whose rows have owners. Spec: compute 16.1."""
    parser.add_argument("-u", "--user", help="only those of a user, by uuid or address")
    parser.add_argument(
        "--display-mails", action="store_true", help="show the address of each user, too"
    )
    if project:
        parser.add_argument("-p", "--project", help="only those of a project")
    if deleted:
        parser.add_argument("-d", "--deleted", action="store_true", help="only deleted ones")


def of_owner(rows: "models.QuerySet[Row]", options: Mapping[str, Any]) -> "models.QuerySet[Row]":
    """Keep the rows that the options ask for."""
    if "deleted" in options:
        rows = rows.filter(deleted=options["deleted"])
    if options["user"]:
        rows = rows.filter(userid=uuid_of(options["user"]))
    if options.get("project"):
        rows = rows.filter(project=options["project"])
    return rows


def uuid_of(text: str) -> str:
    """Read a user, named by uuid or address."""
    with refusals():
        return people.uuid_of(text)


def with_mails(
    rows: Sequence[dict[str, Any]], columns: Sequence[str], options: Mapping[str, Any]
) -> Sequence[str]:
    """Add each owner's address to the rows if asked; answer the columns with it."""
    if not options["display_mails"]:
        return columns
    known = people.names().of(row["user.uuid"] for row in rows if row["user.uuid"])
    for row in rows:
        row["user.email"] = known[row["user.uuid"]] if row["user.uuid"] else None
    after = list(columns).index("user.uuid") + 1 if "user.uuid" in columns else len(columns)
    return [*columns[:after], "user.email", *columns[after:]]


def acting_for(user: str, project: str | None = None) -> Caller:
    """Answer who acts when an operator does something in a user's name."""
    return Caller(
        user_id=user, user_name=OPERATOR.user_name, project_id=project or user, is_admin=True
    )
