"""Promises in one statement each, on PostgreSQL. Spec: identity 4.3, 4.4, 21.2.

A statement is a transaction of its own, so a promise costs one round trip, and the rows that
others wait for stay locked no longer than PostgreSQL itself works on them. Commissions are locked
before holdings, holdings in the order of their keys; rows are changed in place.
What each step means is said in `domain.ledger`. A holding that has vanished divides by zero, which
undoes the statement.
"""

from collections.abc import Sequence

from django.db import DataError

from synnefo.astakos.domain import ledger
from synnefo.astakos.models.book import Broken, Note, Refused, log_time, log_words
from synnefo.serve.statements import fetch
from synnefo.wire.provisions import INF, Provision

_ISSUE = f"""
WITH wanted AS MATERIALIZED (
  SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])
  WITH ORDINALITY AS w(holder, source, resource, quantity, place)
), locked AS MATERIALIZED (
  SELECT h.id, w.place, w.quantity, h."limit", h.usage_min, h.usage_max
  FROM wanted w JOIN astakos_holding h
  ON h.holder = w.holder AND h.source = w.source AND h.resource = w.resource
  ORDER BY h.id FOR NO KEY UPDATE OF h
), verdict AS MATERIALIZED (
  SELECT count(*) = %s AND NOT coalesce(bool_or(CASE WHEN quantity < 0
    THEN -quantity > usage_min
    ELSE quantity > (CASE WHEN %s THEN {INF} ELSE "limit" END) - usage_max END), false) AS fits
  FROM locked
), taken AS (
  UPDATE astakos_holding h SET {{change}} FROM locked l
  WHERE h.id = l.id AND (SELECT fits FROM verdict)
), {{made}}
SELECT serial, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint FROM made
UNION ALL
SELECT NULL, place, "limit", usage_min, usage_max FROM locked WHERE NOT (SELECT fits FROM verdict)
"""  # noqa: S608 - the number is ours
_PENDING = _ISSUE.format(
    change="""usage_min = l.usage_min + least(l.quantity, 0),
    usage_max = l.usage_max + greatest(l.quantity, 0)""",
    made="""made AS (
  INSERT INTO astakos_commission (name, clientkey, issue_datetime)
  SELECT %s, %s, %s FROM verdict WHERE fits RETURNING serial
), noted AS (
  INSERT INTO astakos_provisionrow (serial, holder, source, resource, quantity)
  SELECT serial, holder, source, resource, quantity FROM wanted, made ORDER BY place
)""",
)
_AT_ONCE = _ISSUE.format(
    change="usage_min = l.usage_min + l.quantity, usage_max = l.usage_max + l.quantity",
    made="""made AS MATERIALIZED (
  SELECT nextval(pg_get_serial_sequence('astakos_commission', 'serial')) AS serial
  FROM verdict WHERE fits
), logged AS (
  INSERT INTO astakos_provisionlog (serial, name, issue_time, log_time, holder, source, resource,
    "limit", usage_min, usage_max, delta_quantity, reason)
  SELECT serial, %s, %s, %s, w.holder, w.source, w.resource,
    l."limit", l.usage_min + l.quantity, l.usage_max + l.quantity, l.quantity, 'ACCEPT:'
  FROM made, wanted w JOIN locked l ON l.place = w.place ORDER BY w.place
)""",
)
_SETTLE = """
WITH found AS MATERIALIZED (
  SELECT serial, name, issue_datetime FROM astakos_commission
  WHERE serial = %s AND clientkey = %s FOR NO KEY UPDATE
), locked AS MATERIALIZED (
  SELECT h.id, h.holder, h.source, h.resource, h."limit", p.id AS place, p.quantity,
    h.usage_min + CASE WHEN (p.quantity >= 0) = v.accept
      THEN v.sign * p.quantity ELSE 0 END AS usage_min,
    h.usage_max + CASE WHEN (p.quantity >= 0) = v.accept
      THEN 0 ELSE v.sign * p.quantity END AS usage_max
  FROM (SELECT %s AS accept, %s AS sign) v, found f
  JOIN astakos_provisionrow p ON p.serial = f.serial
  JOIN astakos_holding h
  ON h.holder = p.holder AND h.source = p.source AND h.resource = p.resource
  ORDER BY h.id FOR NO KEY UPDATE OF h
), taken AS (
  UPDATE astakos_holding h SET usage_min = l.usage_min, usage_max = l.usage_max
  FROM locked l WHERE h.id = l.id
), logged AS (
  INSERT INTO astakos_provisionlog (serial, name, issue_time, log_time, holder, source, resource,
    "limit", usage_min, usage_max, delta_quantity, reason)
  SELECT f.serial, f.name,
    left(to_char(f.issue_datetime AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), 24),
    %s, l.holder, l.source, l.resource, l."limit", l.usage_min, l.usage_max, l.quantity, %s
  FROM found f, locked l ORDER BY l.place
), forgotten AS (
  DELETE FROM astakos_provisionrow p USING found f WHERE p.serial = f.serial RETURNING 1
), gone AS (
  DELETE FROM astakos_commission c USING found f WHERE c.serial = f.serial
)
SELECT 1 / ((SELECT count(*) FROM locked) = (SELECT count(*) FROM forgotten))::int FROM found
"""


_LOCK = """
SELECT 1 FROM astakos_commission WHERE clientkey = %s AND serial = ANY(%s::bigint[])
ORDER BY serial FOR NO KEY UPDATE
"""
_LOCK_HOLDINGS = """
SELECT 1 FROM astakos_holding h WHERE (h.holder, h.source, h.resource) IN (
  SELECT p.holder, p.source, p.resource FROM astakos_provisionrow p
  JOIN astakos_commission c ON c.serial = p.serial
  WHERE c.clientkey = %s AND c.serial = ANY(%s::bigint[])
) ORDER BY h.id FOR NO KEY UPDATE OF h
"""


class PreparedBook:
    """Promises in one statement each."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def issue(
        self, provisions: Sequence[Provision], note: Note, *, force: bool, at_once: bool
    ) -> int | Refused:
        """Promise provisions with keys that all differ, and answer the serial."""
        keys = [ledger.key_of(one) for one in provisions]
        values: list[object] = [[key[part] for key in keys] for part in range(3)]
        values += [[one.quantity for one in provisions], len(provisions), force]
        if at_once:
            told = log_time(note.moment)
            rows = fetch(self._alias, _AT_ONCE, [*values, note.name, told, told])
        else:
            written = [note.name, note.clientkey, note.moment]
            rows = fetch(self._alias, _PENDING, [*values, *written])
        if rows and rows[0][0] is not None:
            serial: int = rows[0][0]
            return serial
        return Refused({place - 1: ledger.Holding(*held) for _, place, *held in rows})

    def lock(self, clientkey: str, serials: Sequence[int]) -> None:
        """Lock commissions, then all their holdings, before several are settled together."""
        fetch(self._alias, _LOCK, [clientkey, list(serials)])
        fetch(self._alias, _LOCK_HOLDINGS, [clientkey, list(serials)])

    def settle(self, serial: int, note: Note, *, accept: bool, reason: str) -> bool:
        """Accept or reject one pending commission of a client; tell whether there was one."""
        sign, words = 1 if accept else -1, log_words(accept=accept, reason=reason)
        values = (serial, note.clientkey, accept, sign, log_time(note.moment), words)
        try:
            return bool(fetch(self._alias, _SETTLE, values))
        except DataError as error:
            raise Broken(f"Holdings of the commission {serial} are missing.") from error
