"""The ledger: holdings, commissions, provisions. Spec: identity 2.7.

Keyed by strings, without ties to users and projects. A project's own holding has an empty
`source`, so that a plain unique constraint covers it (FIX-9).
"""

from django.db import models

from synnefo.astakos.domain import ledger


class Holding(models.Model):
    """How much of a resource a holder may use, and uses at least and at most."""

    holder = models.CharField(max_length=255)
    source = models.CharField(max_length=255, blank=True, default="")
    resource = models.CharField(max_length=255)
    limit = models.BigIntegerField(default=0)
    usage_min = models.BigIntegerField(default=0)
    usage_max = models.BigIntegerField(default=0)

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
