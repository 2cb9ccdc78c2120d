"""Secrets that programs sign in with for one project. Spec: openstack-api 4.3."""

from django.db import models

from synnefo.astakos.models.users import User
from synnefo.kit.clock import now
from synnefo.kit.ids import new_hex_id


class AccessRule(models.Model):
    """One kind of call that an application credential may make; users share theirs out."""

    uuid = models.CharField(max_length=64, unique=True, default=new_hex_id)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_rules")
    service = models.CharField(max_length=64)
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=128)

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "service", "method", "path"], name="astakos_one_access_rule"
            )
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"


class ApplicationCredential(models.Model):
    """A name and a secret that stand for a user in one project, with some of the user's roles.

    `secret_hash` is a digest of a secret made here, or an argon2 hash of one that somebody chose.
    """

    uuid = models.CharField(max_length=64, unique=True, default=new_hex_id)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="credentials_of_apps")
    project = models.ForeignKey("astakos.Project", on_delete=models.CASCADE)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True, default="")
    secret_hash = models.CharField(max_length=255)
    role_ids = models.JSONField(default=list)
    unrestricted = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)
    is_limited = models.BooleanField(default=False)
    """Whether its access rules are the only calls that it may make."""
    access_rules = models.ManyToManyField(AccessRule, related_name="users")

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], name="astakos_one_application_credential"
            )
        ]

    def __str__(self) -> str:
        return self.uuid
