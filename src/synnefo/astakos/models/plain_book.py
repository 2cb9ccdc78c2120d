"""Promises row by row, for a database whose transactions keep all other writers out: SQLite."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime

from synnefo.astakos.domain import ledger
from synnefo.astakos.models.book import Broken, Note, Refused, log_time, log_words
from synnefo.serve.statements import fetch
from synnefo.wire.provisions import Provision

_ROWS_AT_ONCE = 1000
"""SQLite takes at most 32766 values in one statement."""
_HELD = """
SELECT id, holder, source, resource, "limit", usage_min, usage_max FROM astakos_holding
WHERE holder IN ({}) AND resource IN ({})
"""
_WRITE = """
UPDATE astakos_holding SET usage_min = fresh.column2, usage_max = fresh.column3
FROM (VALUES {}) AS fresh WHERE astakos_holding.id = fresh.column1
"""
_COMMISSION = """
INSERT INTO astakos_commission (name, clientkey, issue_datetime) VALUES (%s, %s, %s)
RETURNING serial
"""
_PROVISIONS = """
INSERT INTO astakos_provisionrow (serial, holder, source, resource, quantity) VALUES
"""
_LOG = """
INSERT INTO astakos_provisionlog (serial, name, issue_time, log_time, holder, source, resource,
  "limit", usage_min, usage_max, delta_quantity, reason) VALUES
"""
_FOUND = """
SELECT c.name, c.issue_datetime, p.holder, p.source, p.resource, p.quantity
FROM astakos_commission c LEFT JOIN astakos_provisionrow p ON p.serial = c.serial
WHERE c.serial = %s AND c.clientkey = %s ORDER BY p.id
"""
Held = dict[ledger.Key, tuple[int, ledger.Holding]]
States = dict[ledger.Key, ledger.Holding]


class PlainBook:
    """Promises and verdicts, one row after another."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def issue(
        self, provisions: Sequence[Provision], note: Note, *, force: bool, at_once: bool
    ) -> int | Refused:
        """Promise provisions with keys that all differ, and answer the serial."""
        keys = [ledger.key_of(one) for one in provisions]
        with self._transaction():
            held = self._held(keys)
            found = {at: held[key][1] for at, key in enumerate(keys) if key in held}
            try:
                states = ledger.promise_all(provisions, found, force=force)
            except ledger.REFUSALS:
                return Refused(found)
            serial = self._open(note)
            self._write(held, dict(zip(keys, states, strict=True)))
            quantities = (one.quantity for one in provisions)
            self._insert(
                _PROVISIONS,
                [(serial, *key, number) for key, number in zip(keys, quantities, strict=True)],
            )
            if at_once:
                self.settle(serial, note, accept=True, reason="")
        return serial

    def lock(self, clientkey: str, serials: Sequence[int]) -> None:
        """Do nothing: the transaction that is open has the database for itself."""

    def settle(self, serial: int, note: Note, *, accept: bool, reason: str) -> bool:
        """Accept or reject one pending commission of a client; tell whether there was one."""
        with self._transaction():
            rows = self._run(_FOUND, (serial, note.clientkey))
            if not rows:
                return False
            steps = {(row[2], row[3], row[4]): row[5] for row in rows if row[2] is not None}
            held = self._held(steps)
            if len(held) != len(steps):
                raise Broken(f"Holdings of the commission {serial} are missing.")
            states = {
                key: ledger.resolve(held[key][1], number, accept=accept)
                for key, number in steps.items()
            }
            self._write(held, states)
            head = (serial, *_head(rows), log_time(note.moment))
            words = log_words(accept=accept, reason=reason)
            self._insert(
                _LOG,
                [(*head, *key, *_numbers(states[key]), steps[key], words) for key in states],
            )
            for table in ("astakos_provisionrow", "astakos_commission"):
                self._run(f"DELETE FROM {table} WHERE serial = %s", (serial,))  # noqa: S608
        return True

    def _transaction(self) -> transaction.Atomic:
        return transaction.atomic(using=self._alias, savepoint=False)

    def _run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return fetch(self._alias, sql, values)

    def _held(self, keys: Iterable[ledger.Key]) -> Held:
        named = set(keys)
        if not named:
            return {}
        holders, resources = {key[0] for key in named}, {key[2] for key in named}
        rows = self._run(
            _HELD.format(_marks(len(holders)), _marks(len(resources))), [*holders, *resources]
        )
        found = {(row[1], row[2], row[3]): (row[0], ledger.Holding(*row[4:])) for row in rows}
        return {key: found[key] for key in named if key in found}

    def _open(self, note: Note) -> int:
        moment = note.moment.astimezone(UTC).replace(tzinfo=None)
        serial: int = self._run(_COMMISSION, (note.name, note.clientkey, str(moment)))[0][0]
        return serial

    def _write(self, held: Held, states: States) -> None:
        """Store the usage of rows in place, in one statement."""
        if states:
            rows = [
                f"({held[key][0]:d}, {state.usage_min:d}, {state.usage_max:d})"
                for key, state in states.items()
            ]
            self._run(_WRITE.format(", ".join(rows)))

    def _insert(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[first : first + _ROWS_AT_ONCE]
            marks = ", ".join([f"({_marks(len(part[0]))})"] * len(part))
            self._run(statement + marks, [value for row in part for value in row])


def _marks(count: int) -> str:
    return ", ".join(["%s"] * count)


def _numbers(state: ledger.Holding) -> tuple[int, int, int]:
    return state.limit, state.usage_min, state.usage_max


def _head(rows: Sequence[tuple[Any, ...]]) -> tuple[str, str]:
    """Answer a commission's name and the moment of its issue, as the log keeps it."""
    name, moment = rows[0][:2]
    if isinstance(moment, str):
        moment = parse_datetime(moment)
    assert isinstance(moment, datetime)
    return name, log_time(moment)
