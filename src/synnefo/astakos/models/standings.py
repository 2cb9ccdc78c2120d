"""How members stand in projects, each row with the project's own standing beside it.

Spec: identity 8.2, 8.3. Read in one statement and as plain values: a person may be in many
projects, and a component may ask for everybody.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connections

from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, INITIALISED, ProjectState
from synnefo.serve.statements import fetch

Row = tuple[str, str, str, int, int, int, int | None, int | None, int | None]
"""Holder, source, resource; limit, least and most usage of the member; the same of the project."""

_COLUMNS = """
m.holder, m.source, m.resource, m."limit", m.usage_min, m.usage_max,
w."limit", w.usage_min, w.usage_max
"""
_WHOLE = """
LEFT JOIN astakos_holding w ON w.holder = m.source AND w.source = '' AND w.resource = m.resource
"""
_ACCEPTED = ", ".join(str(int(state)) for state in ACTUALLY_ACCEPTED)
_OF_USER = f"""
SELECT {_COLUMNS} FROM astakos_projectmembership s
JOIN astakos_project p ON p.id = s.project_id AND p.state <> {int(ProjectState.DELETED)}
JOIN astakos_holding m ON m.holder = %s AND m.source = 'project:' || p.uuid
JOIN astakos_resource r ON r.name = m.resource AND r.api_visible {_WHOLE}
WHERE s.person_id = %s AND s.state IN ({_ACCEPTED}) ORDER BY m.id
"""  # noqa: S608 - the words are ours

_OF_MEMBERS = f"""
SELECT {_COLUMNS} FROM astakos_holding m {_WHOLE} WHERE m.source <> ''
"""  # noqa: S608 - the words are ours
_OF_PROJECTS = f"""
SELECT m.holder, m.resource, m."limit", m.usage_min, m.usage_max FROM astakos_holding m
WHERE m.source = '' AND EXISTS (
  SELECT 1 FROM astakos_project p WHERE p.uuid = substr(m.holder, 9)
  AND p.state IN ({", ".join(str(int(state)) for state in INITIALISED)})
)
"""  # noqa: S608 - the words are ours


def of_user(alias: str, holder: str, user_id: int) -> list[Row]:
    """Read a member's standing in every project in which they are, of resources that show."""
    return fetch(alias, _OF_USER, (holder, user_id))


def of_members(
    alias: str,
    resources: Sequence[str],
    holders: Sequence[str] | None,
    sources: Sequence[str] | None,
) -> list[Row]:
    """Read the standing of these members, or all, in these projects, or all."""
    return _named(alias, _OF_MEMBERS, resource=resources, holder=holders, source=sources)


def of_projects(
    alias: str, resources: Sequence[str], holders: Sequence[str] | None
) -> list[tuple[str, str, int, int, int]]:
    """Read holder, resource, limit, least and most usage of these initialised projects, or all."""
    return _named(alias, _OF_PROJECTS, resource=resources, holder=holders)


def _named(alias: str, statement: str, **lists: Sequence[str] | None) -> list[tuple[Any, ...]]:
    """Read the rows in which each of these columns is in its list, where one is given."""
    given = {column: names for column, names in lists.items() if names is not None}
    for column, names in given.items():
        statement += f" AND m.{column} IN ({', '.join(['%s'] * len(names)) or 'NULL'})"
    with connections[alias].cursor() as cursor:
        values = [name for names in given.values() for name in names]
        cursor.execute(f"{statement} ORDER BY m.id", values)
        return list(cursor.fetchall())
