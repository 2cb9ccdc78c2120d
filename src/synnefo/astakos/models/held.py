"""A token with its holder and project, in one query that is written once.

The hottest query of the cloud (identity 22, L9): composing it anew through the ORM costs more
than running it. What comes out are ordinary rows; fields that nobody asks for are fetched late.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from django.db import models, router

from synnefo.astakos.models.groups import GroupMember
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, Project, ProjectMembership
from synnefo.astakos.models.roles import RoleAssignment
from synnefo.astakos.models.rows import Convert, converters
from synnefo.astakos.models.tokens import Token
from synnefo.astakos.models.users import User
from synnefo.serve.statements import fetch

_OF_TOKEN = (
    *("id", "user_id", "kind", "project_id", "methods", "audit_id", "parent_audit_id"),
    *("created_at", "expires_at", "domain_id", "is_system", "application_credential_id"),
    *("trust_id", "parent_id"),
)
_OF_USER = (
    *("id", "uuid", "username", "email", "first_name", "last_name", "is_active", "is_admin"),
    *("default_project_id", "domain_id", "name", "has_signed_terms"),
)
_OF_PROJECT = ("id", "uuid", "realname", "is_base", "state", "domain_id", "parent_id")
_WANTED: tuple[tuple[type[models.Model], str, tuple[str, ...]], ...] = (
    (Token, "t", _OF_TOKEN),
    (User, "u", _OF_USER),
    (Project, "p", _OF_PROJECT),
)

_TIES = """
SELECT EXISTS(SELECT 1 FROM astakos_projectmembership m WHERE m.person_id = %s
    AND m.project_id = %s AND m.state IN ({}) AND NOT m.by_role),
  EXISTS(SELECT 1 FROM astakos_groupmember g WHERE g.user_id = %s),
  EXISTS(SELECT 1 FROM astakos_roleassignment r WHERE r.user_id = %s)
""".format(", ".join(str(int(state)) for state in ACTUALLY_ACCEPTED))  # noqa: S608 - own words


class Ties(msgspec.Struct, frozen=True):
    """What binds a person to a project, as far as one look tells."""

    is_member: bool
    in_groups: bool
    has_grants: bool
    """Whether there may be roles beside the membership."""


def ties(user_id: int, project_id: int) -> Ties:
    """Tell what binds a person to a project, in one query."""
    values = (user_id, project_id, user_id, user_id)
    alias = router.db_for_read(ProjectMembership)
    member, grouped, granted = map(bool, fetch(alias, _TIES, values)[0])
    return Ties(member, grouped, grouped or granted)


def find(digest: str) -> Token | None:
    """Answer the token with this digest, with its user, its project and their ties."""
    alias = router.db_for_read(Token)
    rows = fetch(alias, _sql(), [digest])
    if not rows:
        return None
    found = rows[0]
    values = [
        value if convert is None else convert(value)
        for value, convert in zip(found, _converters(alias), strict=False)
    ]
    token, user, project = _instances(values, alias)
    token.user, token.project = user, project
    token.is_member, token.in_groups = bool(found[-3]), bool(found[-2])
    token.has_grants = token.in_groups or bool(found[-1])
    result: Token = token
    return result


@lru_cache(maxsize=1)
def _parts() -> list[tuple[type[models.Model], str, list[str]]]:
    """Put the columns into their tables' order, in which Django makes rows of them."""
    return [
        (kind, alias, [f.attname for f in kind._meta.concrete_fields if f.attname in names])
        for kind, alias, names in _WANTED
    ]


@lru_cache(maxsize=1)
def _sql() -> str:
    columns = [f'{alias}."{name}"' for _, alias, names in _parts() for name in names]
    states = ", ".join(str(int(state)) for state in ACTUALLY_ACCEPTED)
    tables = (Token, User, Project, ProjectMembership, GroupMember, RoleAssignment)
    token, user, project, seat, group, role = (kind._meta.db_table for kind in tables)
    return (
        f"SELECT {', '.join(columns)}, EXISTS(SELECT 1 FROM {seat} m"  # noqa: S608 - own names
        f" WHERE m.person_id = t.user_id AND m.project_id = t.project_id"
        f" AND m.state IN ({states}) AND NOT m.by_role),"
        f" EXISTS(SELECT 1 FROM {group} g WHERE g.user_id = t.user_id),"
        f" EXISTS(SELECT 1 FROM {role} r WHERE r.user_id = t.user_id)"
        f" FROM {token} t JOIN {user} u ON u.id = t.user_id"
        f" LEFT JOIN {project} p ON p.id = t.project_id WHERE t.digest = %s"
    )


@lru_cache(maxsize=4)
def _converters(alias: str) -> list[Convert | None]:
    """Find out, per column, how this database's values become Python's."""
    return [step for kind, _, names in _parts() for step in converters(kind, names, alias)]


def _instances(values: Sequence[Any], alias: str) -> list[Any]:
    """Cut the values of one row into rows of the three tables; None for a project left out."""
    made: list[Any] = []
    start = 0
    for kind, _, names in _parts():
        mine = values[start : start + len(names)]
        made.append(None if mine[0] is None else kind.from_db(alias, names, mine))
        start += len(names)
    return made
