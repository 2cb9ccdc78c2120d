"""Tokens, by their digests, and failed attempts to get one. Spec: identity 3.1."""

from django.db import models
from django.db.models import Q

from synnefo.astakos.domain.roles import Named
from synnefo.astakos.models.users import User
from synnefo.kit.clock import now

API = "api"
LOGIN = "login"


class Token(models.Model):
    """A secret that stands for its user, for one project, a domain, the system or for none.

    Each user has one token of the kind `api`, which lives long; those of the kind `login` come
    from a password or another token, and end with the token, trust or application credential
    that they were got by.
    """

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    kind = models.CharField(max_length=8, default=LOGIN)
    project = models.ForeignKey("astakos.Project", on_delete=models.CASCADE, null=True)
    domain_id = models.CharField(max_length=64, blank=True, default="")
    is_system = models.BooleanField(default=False)
    application_credential = models.ForeignKey(
        "astakos.ApplicationCredential", on_delete=models.CASCADE, null=True
    )
    trust = models.ForeignKey("astakos.Trust", on_delete=models.CASCADE, null=True)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True)
    methods = models.CharField(max_length=120, default="password")
    audit_id = models.CharField(max_length=32)
    parent_audit_id = models.CharField(max_length=32, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True, db_index=True)

    is_member: bool | None = None
    """Whether the holder is in the project now; `held.find` tells, None: nobody asked yet."""
    has_grants = True
    """Whether the holder may have roles beside memberships; `held.find` tells."""
    in_groups = True
    """Whether the holder is in a group; `held.find` tells."""
    roles: tuple[Named, ...] = ()
    """What the holder may do with the token now; `tokens.find` tells."""

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(kind=API), name="astakos_one_api_token"
            )
        ]

    def __str__(self) -> str:
        return self.audit_id


class LoginFailures(models.Model):
    """Wrong passwords for one account from one address, within one window."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
