"""Limits in the ledger that are not what projects and memberships say, found by the database.

Spec: identity 4.5, 16.6. A cloud has millions of holdings; none leaves the database unless it is
wrong.
"""

from collections.abc import Sequence

import msgspec
from django.db import connections

from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, INITIALISED, ProjectState

_STATES = ", ".join(str(int(state)) for state in INITIALISED)
_ACCEPTED = ", ".join(str(int(state)) for state in ACTUALLY_ACCEPTED)
_NORMAL = int(ProjectState.NORMAL)
_WANTED = f"""
SELECT 'project:' || p.uuid AS holder, '' AS source, r.name AS resource,
  CASE WHEN p.state = {_NORMAL} THEN g.project_capacity ELSE 0 END AS wanted
FROM astakos_project p JOIN astakos_projectresourcequota g ON g.project_id = p.id
JOIN astakos_resource r ON r.id = g.resource_id
WHERE p.state IN ({_STATES})
UNION ALL
SELECT 'user:' || u.uuid, 'project:' || p.uuid, r.name,
  CASE WHEN p.state = {_NORMAL} AND m.state IN ({_ACCEPTED}) THEN g.member_capacity ELSE 0 END
FROM astakos_projectmembership m JOIN astakos_project p ON p.id = m.project_id
JOIN astakos_user u ON u.id = m.person_id
JOIN astakos_projectresourcequota g ON g.project_id = p.id
JOIN astakos_resource r ON r.id = g.resource_id
WHERE m.initialized AND p.state IN ({_STATES})
"""  # noqa: S608 - the numbers are ours
_DIFFERENT = f"""
SELECT coalesce(w.holder, h.holder), coalesce(w.source, h.source),
  coalesce(w.resource, h.resource), w.wanted, h."limit"
FROM ({_WANTED}) w FULL JOIN astakos_holding h
ON h.holder = w.holder AND h.source = w.source AND h.resource = w.resource
WHERE (w.wanted IS NULL OR h.id IS NULL OR h."limit" <> w.wanted) {{only}}
ORDER BY 1, 2, 3
"""  # noqa: S608 - the words are ours


class Difference(msgspec.Struct, frozen=True):
    """A holding whose limit is not what the projects say; None: it is missing or unexpected."""

    holder: str
    source: str
    resource: str
    wanted: int | None
    found: int | None


def differences(alias: str, holders: Sequence[str] | None = None) -> list[Difference]:
    """Find wrong, missing and unexpected holdings, of some holders or of all, in one statement."""
    marks = ", ".join(["%s"] * len(holders or ()))
    only = f"AND coalesce(w.holder, h.holder) IN ({marks})" if holders is not None else ""
    with connections[alias].cursor() as cursor:
        cursor.execute(_DIFFERENT.format(only=only), list(holders or ()))
        return [Difference(*row) for row in cursor.fetchall()]
