"""The ledger: holdings, commissions, provisions. Spec: identity 2.7.

Keyed by strings, without ties to users and projects. A project's own holding has an empty
`source`, so that a plain unique constraint covers it (FIX-9).
"""

from collections.abc import Iterable, Sequence

from django.db import connections, models, router

from synnefo.astakos.domain import ledger

ROWS_AT_ONCE = 1000
"""SQLite takes at most 32766 values in one statement."""
_COLUMNS = ("id", "holder", "source", "resource", "limit", "usage_min", "usage_max")
_LOCK = """
SELECT id, holder, source, resource, "limit", usage_min, usage_max FROM astakos_holding
WHERE holder IN ({holders}) AND resource IN ({resources}) ORDER BY id
"""
_UPDATE = """
UPDATE astakos_holding SET usage_min = fresh.column2, usage_max = fresh.column3
FROM (VALUES {rows}) AS fresh WHERE astakos_holding.id = fresh.column1
"""


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


def insert_plainly(
    kind: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[str | int]]
) -> None:
    """Insert many rows of plain values in few statements, without making objects of them."""
    connection = connections[router.db_for_write(kind)]
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    start = f"INSERT INTO {quote(kind._meta.db_table)} ({names}) VALUES "  # noqa: S608 - own names
    with connection.cursor() as cursor:
        for first in range(0, len(rows), ROWS_AT_ONCE):
            part = rows[first : first + ROWS_AT_ONCE]
            marks = ", ".join([f"({_marks(columns)})"] * len(part))
            cursor.execute(start + marks, [value for row in part for value in row])


class HoldingQuerySet(models.QuerySet["Holding"]):
    """Reading and writing many holdings with few statements."""

    def locked(self, holders: Iterable[str], resources: Iterable[str]) -> list["Holding"]:
        """Lock the holdings of these holders and resources, in the one order that all keep.

        Spec: identity 21.2: a single query, ordered by primary key.
        """
        whose, what = sorted(set(holders)), sorted(set(resources))
        connection = connections[router.db_for_write(Holding)]
        sql = _LOCK.format(holders=_marks(whose), resources=_marks(what))
        if connection.features.has_select_for_update:
            sql += " FOR UPDATE"
        with connection.cursor() as cursor:
            cursor.execute(sql, [*whose, *what])
            found = cursor.fetchall()
        return [Holding.from_db(connection.alias, _COLUMNS, row) for row in found]

    def write_usage(self, rows: Sequence["Holding"]) -> None:
        """Store the usage of locked rows in place, in one statement."""
        if not rows:
            return
        values = ", ".join(f"({row.pk:d}, {row.usage_min:d}, {row.usage_max:d})" for row in rows)
        with connections[router.db_for_write(Holding)].cursor() as cursor:
            cursor.execute(_UPDATE.format(rows=values))


class Holding(models.Model):
    """How much of a resource a holder may use, and uses at least and at most."""

    holder = models.CharField(max_length=255)
    source = models.CharField(max_length=255, blank=True, default="")
    resource = models.CharField(max_length=255)
    limit = models.BigIntegerField(default=0)
    usage_min = models.BigIntegerField(default=0)
    usage_max = models.BigIntegerField(default=0)

    objects = HoldingQuerySet.as_manager()

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(
                fields=["holder", "source", "resource"], name="astakos_one_holding"
            )
        ]

    def __str__(self) -> str:
        return f"{self.holder} {self.source} {self.resource}"

    @property
    def key(self) -> ledger.Key:
        """Answer what names this holding."""
        return self.holder, self.source, self.resource

    @property
    def state(self) -> ledger.Holding:
        """Answer the numbers alone."""
        return ledger.Holding(self.limit, self.usage_min, self.usage_max)

    def take(self, state: ledger.Holding) -> None:
        """Set the usage; `write_usage` stores it."""
        self.usage_min, self.usage_max = state.usage_min, state.usage_max


class Commission(models.Model):
    """A promise that waits for its verdict; gone once it has one."""

    serial = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=4096, blank=True, default="")
    clientkey = models.CharField(max_length=255, db_index=True)
    issue_datetime = models.DateTimeField()

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return str(self.serial)


class ProvisionRow(models.Model):
    """One charge or release of a pending commission."""

    commission = models.ForeignKey(
        Commission, on_delete=models.CASCADE, related_name="provisions", db_column="serial"
    )
    holder = models.CharField(max_length=255)
    source = models.CharField(max_length=255, blank=True, default="")
    resource = models.CharField(max_length=255)
    quantity = models.BigIntegerField()

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.holder} {self.resource} {self.quantity}"


class ProvisionLog(models.Model):
    """What became of one provision, for ever."""

    serial = models.BigIntegerField(db_index=True)
    name = models.CharField(max_length=4096, blank=True, default="")
    issue_time = models.CharField(max_length=26)
    log_time = models.CharField(max_length=26)
    holder = models.CharField(max_length=255)
    source = models.CharField(max_length=255, blank=True, default="")
    resource = models.CharField(max_length=255)
    limit = models.BigIntegerField()
    usage_min = models.BigIntegerField()
    usage_max = models.BigIntegerField()
    delta_quantity = models.BigIntegerField()
    reason = models.CharField(max_length=128)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.serial} {self.holder} {self.resource}"
