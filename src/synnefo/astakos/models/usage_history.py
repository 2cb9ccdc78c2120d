"""How holdings stood over time, a row per change, thinned out as it grows old."""

from django.db import models

from synnefo.astakos.models.quotaholder import Holding


class UsageSample(models.Model):
    """How a holding stood from a moment on, until its next sample.

    `at` is in seconds since 1970; `usage` is at the end of the span that the row stands for and
    `peak` the highest in it.
    """

    holding = models.ForeignKey(
        Holding, on_delete=models.CASCADE, related_name="samples", db_index=False
    )
    at = models.BigIntegerField(db_index=True)
    usage = models.BigIntegerField()
    peak = models.BigIntegerField()
    limit = models.BigIntegerField()

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
