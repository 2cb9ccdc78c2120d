"""The audit log: who did what to whom, when and from where. Entries are added, never changed."""

import json

from django.db import models
from django.db.models import Q

from synnefo.astakos.domain import audit
from synnefo.astakos.domain.audit import Link
from synnefo.kit.clock import now


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Ways to find entries."""

    def about(self, uuid: str) -> "AuditQuerySet":
        """Keep what a user did and what was done to them."""
        return self.filter(Q(actor=uuid) | Q(subject=uuid))

    def sealed(self) -> "AuditQuerySet":
        """Keep entries that have their place in the chain, in its order."""
        return self.filter(number__isnull=False).order_by("number")

    def unsealed(self) -> "AuditQuerySet":
        """Keep entries that the chain does not hold yet, as they were written."""
        return self.filter(number__isnull=True).order_by("pk")


class AuditEntry(models.Model):
    """One act. `number` and `digest` are given once, when the entry is sealed into the chain.

    `actor` is a user's uuid, `component:NAME`, `command:LOGIN`, or empty when nobody is known.
    """

    at = models.DateTimeField(default=now, db_index=True)
    act = models.CharField(max_length=64)
    actor = models.CharField(max_length=255, blank=True, default="")
    actor_name = models.CharField(max_length=255, blank=True, default="")
    subject = models.CharField(max_length=255, blank=True, default="")
    subject_kind = models.CharField(max_length=40, blank=True, default="")
    subject_name = models.CharField(max_length=255, blank=True, default="")
    address = models.CharField(max_length=64, blank=True, default="")
    agent = models.CharField(max_length=200, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    facts = models.TextField(default="{}")
    number = models.BigIntegerField(null=True, unique=True)
    digest = models.CharField(max_length=64, blank=True, default="")

    objects = AuditQuerySet.as_manager()

    class Meta:
        app_label = "astakos"
        indexes = [
            models.Index(fields=["id"], condition=Q(number=None), name="astakos_audit_unsealed"),
            models.Index(fields=["actor", "-id"], name="astakos_audit_actor"),
            models.Index(fields=["subject", "-id"], name="astakos_audit_subject"),
            models.Index(fields=["act", "-id"], name="astakos_audit_act"),
            models.Index(fields=["address", "-id"], name="astakos_audit_address"),
        ]

    def __str__(self) -> str:
        return f"{self.at}: {self.act} {self.subject_name}"

    @property
    def content(self) -> str:
        """Answer the form of this entry that the chain hashes."""
        names = ("act", "actor", "actor_name", "subject", "subject_kind", "subject_name")
        more = ("address", "agent", "request_id", "facts")
        return audit.content_of(self.at, {name: getattr(self, name) for name in (*names, *more)})

    @property
    def link(self) -> Link:
        """Answer this sealed entry as a link of the chain."""
        return Link(self.number or 0, self.content, self.digest)

    @property
    def more(self) -> dict[str, object]:
        """Answer the further facts."""
        read: dict[str, object] = json.loads(self.facts)
        return read


class AuditHead(models.Model):
    """The last link of the chain; its one row is what sealers line up at."""

    number = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default=audit.FIRST)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"
