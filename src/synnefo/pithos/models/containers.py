"""Accounts, containers and what they hold in all."""

from typing import Any

from django.db import models
from django.db.models import Max, Sum
from django.db.models.functions import Coalesce

from synnefo.pithos.domain.policies import Policy, Versioning
from synnefo.pithos.models.fields import NameField

STRIPES = 8
"""Rows over which a container's totals are spread, so that its writers seldom meet."""


class Account(models.Model):
    """One user's storage; its name is the user's uuid. Times are microseconds since 1970."""

    name = NameField(max_length=256, primary_key=True)
    metadata = models.JSONField[dict[str, str], dict[str, str]](default=dict)
    modified = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.name)


class Group(models.Model):
    """One member of one of an account's groups. Spec: object-storage 10.4."""

    owner = NameField(max_length=256)
    name = models.CharField(max_length=256)
    member = NameField(max_length=256, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("owner", "name", "member", name="pithos_group_member")
        ]

    def __str__(self) -> str:
        return f"{self.owner}:{self.name}"


class ContainerQuerySet(models.QuerySet["Container"]):
    """Containers, found and counted."""

    def with_totals(self) -> "ContainerQuerySet":
        """Add `objects_total`, `bytes_total` and `changed`, the time of the latest change."""
        return self.annotate(
            objects_total=Coalesce(Sum("tally__population"), 0),
            bytes_total=Coalesce(Sum("tally__size"), 0),
            changed=Coalesce(Max("tally__modified"), 0),
        )


class Container(models.Model):
    """A named place for objects, with the policy that governs them."""

    account = NameField(max_length=256)
    name = NameField(max_length=256)
    quota = models.BigIntegerField(default=0)
    versioning = models.CharField(max_length=8, default=Versioning.AUTO)
    project = models.CharField(max_length=64, db_index=True)
    metadata = models.JSONField[dict[str, str], dict[str, str]](default=dict)
    modified = models.BigIntegerField()
    is_shared = models.BooleanField(default=False)
    """Whether anything in it was ever shared; spares the look-up where nothing was."""
    quota_count = models.BigIntegerField(default=0)
    """Objects that it may hold, 0 for no limit."""
    account_quota = models.BigIntegerField(default=0)
    """Bytes that its whole account may hold by word of an operator, 0 for no limit."""
    archive = models.CharField(max_length=300, default="")
    """Where former objects are laid, `stack:NAME` or `history:NAME`; empty for nowhere."""
    rules = models.JSONField[dict[str, Any], dict[str, Any]](default=dict)
    """What its owner ruled beside the policy: who may read and write, tags, life cycle, sites."""

    objects = ContainerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("account", "name", name="pithos_container_path")]
        indexes = [models.Index("name", name="pithos_container_name")]

    def __str__(self) -> str:
        return f"{self.account}/{self.name}"

    @property
    def policy(self) -> Policy:
        """Answer the container's policy."""
        return Policy(self.quota, Versioning(self.versioning), self.project)


class Tally(models.Model):
    """A part of a container's totals; all parts together are exact."""

    container = models.ForeignKey(Container, on_delete=models.CASCADE)
    stripe = models.SmallIntegerField()
    population = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    history = models.BigIntegerField(default=0)
    modified = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("container", "stripe", name="pithos_tally_stripe")]

    def __str__(self) -> str:
        return f"{self.container_id}/{self.stripe}"
