"""Users who act for other users. Spec: openstack-api 4.4 (OS-TRUST)."""

from django.db import models
from django.db.models import Q

from synnefo.astakos.models.users import User
from synnefo.kit.clock import now
from synnefo.kit.ids import new_hex_id


class TrustQuerySet(models.QuerySet["Trust"]):
    """Ways to find trusts."""

    def in_force(self) -> "TrustQuerySet":
        """Keep those that have not expired."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now()))

    def concerning(self, user_uuid: str) -> "TrustQuerySet":
        """Keep those that a user gave or got."""
        return self.filter(Q(trustor__uuid=user_uuid) | Q(trustee__uuid=user_uuid))


class Trust(models.Model):
    """What the trustor lets the trustee do in one project, until when and how often.

    A trust handed on dies with the one that it came from.
    """

    uuid = models.CharField(max_length=64, unique=True, default=new_hex_id)
    trustor = models.ForeignKey(User, on_delete=models.CASCADE, related_name="trusts_given")
    trustee = models.ForeignKey(User, on_delete=models.CASCADE, related_name="trusts_got")
    project = models.ForeignKey("astakos.Project", on_delete=models.CASCADE, null=True)
    impersonation = models.BooleanField(default=False)
    role_ids = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True)
    remaining_uses = models.PositiveIntegerField(null=True)
    redelegation_count = models.PositiveIntegerField(default=0)
    redelegated_from = models.ForeignKey("self", on_delete=models.CASCADE, null=True)
    created_at = models.DateTimeField(default=now)

    objects = TrustQuerySet.as_manager()

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return self.uuid
