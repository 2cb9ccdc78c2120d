"""What is promised by the quota service, what was used of it, and what it must still be told."""

from django.db import models


class Allowance(models.Model):
    """The bytes one account uses in one project beyond what the quota service knows.

    `reserved` is the sum of the pending commissions in `serials`; `used` is what was written
    (or, negative, freed) since the last settlement. A change adds to `used` in its own
    transaction, and only while `used` stays within `reserved`.
    """

    account = models.CharField(max_length=256)
    project = models.CharField(max_length=64)
    reserved = models.BigIntegerField(default=0)
    used = models.BigIntegerField(default=0)
    serials = models.JSONField[list[int], list[int]](default=list)
    is_dirty = models.BooleanField(default=False, db_index=True)
    is_common = models.BooleanField(default=False)
    """Whether the account is a project's own, so that nobody but the project is charged."""

    class Meta:
        constraints = [models.UniqueConstraint("account", "project", name="pithos_allowance_of")]

    def __str__(self) -> str:
        return f"{self.account} in {self.project}"


class Settlement(models.Model):
    """What was used, on its way into the quota service; gone once it has arrived.

    The promises in `accept` are accepted, then `amount` is added, which is less than nothing
    where less was used than promised. `serial` is the commission that carries it, null until
    issued. One settlement at a time per allowance.
    """

    allowance = models.OneToOneField(Allowance, on_delete=models.CASCADE)
    amount = models.BigIntegerField()
    serial = models.BigIntegerField(null=True)
    accept = models.JSONField[list[int], list[int]](default=list)
    started = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.amount} bytes of {self.allowance_id}"
