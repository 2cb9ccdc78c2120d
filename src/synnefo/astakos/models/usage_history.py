"""How holdings stood over time, a row per change, thinned out as it grows old."""

from django.db import connections, models, router

from synnefo.astakos.models.quotaholder import Holding

_SAMPLE = """
INSERT INTO astakos_usagesample (holding_id, at, usage, peak, "limit")
SELECT h.id, %s, h.usage_max, h.usage_max, h."limit" FROM astakos_holding h
LEFT JOIN astakos_usagemark m ON m.holding_id = h.id
WHERE (m.holding_id IS NULL AND h.usage_max > 0)
   OR m.usage <> h.usage_max OR m."limit" <> h."limit"
ON CONFLICT (holding_id, at) DO NOTHING
"""
_MARK = """
INSERT INTO astakos_usagemark (holding_id, usage, "limit")
SELECT holding_id, usage, "limit" FROM astakos_usagesample WHERE at = %s
ON CONFLICT (holding_id) DO UPDATE SET usage = excluded.usage, "limit" = excluded."limit"
"""
_RAISE = """
UPDATE astakos_usagesample SET peak = (
  SELECT MAX(o.peak) FROM astakos_usagesample o
  WHERE o.holding_id = astakos_usagesample.holding_id
    AND o.at / %s = astakos_usagesample.at / %s AND o.at < %s)
WHERE at < %s AND EXISTS (
  SELECT 1 FROM astakos_usagesample o WHERE o.holding_id = astakos_usagesample.holding_id
    AND o.at < astakos_usagesample.at AND o.at / %s = astakos_usagesample.at / %s)
"""
_MERGE = """
DELETE FROM astakos_usagesample WHERE at < %s AND EXISTS (
  SELECT 1 FROM astakos_usagesample o WHERE o.holding_id = astakos_usagesample.holding_id
    AND o.at > astakos_usagesample.at AND o.at < %s
    AND o.at / %s = astakos_usagesample.at / %s)
"""
_FORGET = """
DELETE FROM astakos_usagesample WHERE at < %s AND EXISTS (
  SELECT 1 FROM astakos_usagesample o WHERE o.holding_id = astakos_usagesample.holding_id
    AND o.at > astakos_usagesample.at AND o.at < %s)
"""


class SampleQuerySet(models.QuerySet["UsageSample"]):
    """Whole tables at a time, in few statements."""

    def take(self, at: int) -> int:
        """Write a sample of every holding that changed since its last; answer how many.

        The marks follow the samples, not the holdings, so that no change in between is lost.
        """
        with connections[router.db_for_write(UsageSample)].cursor() as cursor:
            cursor.execute(_SAMPLE, [at])
            written: int = cursor.rowcount
            cursor.execute(_MARK, [at])
        return written

    def thin(self, before: int, span: int) -> int:
        """Leave one sample in each span of seconds before a moment, with the span's peak."""
        with connections[router.db_for_write(UsageSample)].cursor() as cursor:
            cursor.execute(_RAISE, [span, span, before, before, span, span])
            cursor.execute(_MERGE, [before, before, span, span])
            return int(cursor.rowcount)

    def forget(self, before: int) -> int:
        """Delete what is older, but for the last sample of each holding before that moment."""
        with connections[router.db_for_write(UsageSample)].cursor() as cursor:
            cursor.execute(_FORGET, [before, before])
            return int(cursor.rowcount)


class UsageSample(models.Model):
    """How a holding stood from a moment on, until its next sample.

    `at` is in seconds since 1970; `usage` is at the end of the span that the row stands for and
    `peak` the highest in it. A holding without samples was never used.
    """

    holding = models.ForeignKey(
        Holding, on_delete=models.CASCADE, related_name="samples", db_index=False
    )
    at = models.BigIntegerField(db_index=True)
    usage = models.BigIntegerField()
    peak = models.BigIntegerField()
    limit = models.BigIntegerField()

    objects = SampleQuerySet.as_manager()

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(fields=["holding", "at"], name="astakos_one_sample_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.holding_id} at {self.at}: {self.usage}"


class UsageMark(models.Model):
    """What was sampled last of a holding, so that only changes are written."""

    holding = models.OneToOneField(Holding, on_delete=models.CASCADE, primary_key=True)
    usage = models.BigIntegerField()
    limit = models.BigIntegerField()

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.holding_id}: {self.usage}"
