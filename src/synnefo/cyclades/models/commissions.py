"""Receipts of the quota service: one row per commission issued. Spec: compute 2.8, 13.2."""

from django.db import models


class QuotaHolderSerial(models.Model):
    """A commission: undecided, then accepted or not, then resolved with the quota service."""

    serial = models.BigIntegerField(primary_key=True)
    pending = models.BooleanField(default=True)
    accept = models.BooleanField(default=False)
    resolved = models.BooleanField(default=False)
    issued = models.DateTimeField()

    class Meta:
        app_label = "cyclades"
        indexes = [
            models.Index(
                fields=["issued"], condition=models.Q(resolved=False), name="serial_unresolved"
            )
        ]

    def __str__(self) -> str:
        return str(self.serial)
