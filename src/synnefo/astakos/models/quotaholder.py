"""The ledger: holdings, commissions, provisions. Spec: identity 2.7.

Keyed by strings, without ties to users and projects. A project's own holding has an empty
`source`, so that a plain unique constraint covers it (FIX-9).
"""

from django.db import models
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Concat, Substr

from synnefo.astakos.domain import ledger
from synnefo.astakos.models.registry import Resource
from synnefo.astakos.models.users import User


class HoldingQuerySet(models.QuerySet["Holding"]):
    """Ways to find holdings."""

    def of_accepted(self) -> "HoldingQuerySet":
        """Keep those of people who were let in."""
        return self.filter(holder__in=_names("user:", User.objects.accepted().verified()))

    def over_limit(self) -> "HoldingQuerySet":
        """Keep those that use more than they may."""
        return self.filter(usage_max__gt=F("limit"))

    def of_system_projects(self) -> "HoldingQuerySet":
        """Keep those of people in their own projects."""
        return self.filter(source=Concat(Value("project:"), Substr("holder", len("user:") + 1)))

    def custom(self) -> "HoldingQuerySet":
        """Keep those in system projects whose limit is not the resource's default."""
        return self.of_system_projects().exclude(limit=_DEFAULT)

    def by_default(self) -> "HoldingQuerySet":
        """Keep those in system projects whose limit is the resource's default."""
        return self.of_system_projects().filter(limit=_DEFAULT)


def _names(prefix: str, found: models.QuerySet[User]) -> models.QuerySet[User, str]:
    return found.annotate(named=Concat(Value(prefix), "uuid")).values_list("named", flat=True)


_DEFAULT = Subquery(Resource.objects.filter(name=OuterRef("resource")).values("uplimit")[:1])


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
