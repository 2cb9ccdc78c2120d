"""By which providers people sign in, the policies about that, and sign-ins under way.

Spec: identity 2.3, 2.4, 14.
"""

from django.db import models
from django.db.models import Q

from synnefo.astakos.models.groups import Group
from synnefo.astakos.models.users import User
from synnefo.kit.clock import now

LOCAL = "local"
BACKEND = "astakos"


class AuthProvider(models.Model):
    """One way in which a person may sign in: a module, and who they are there.

    `granted` names the groups and projects that this record gave, so that they can be taken back.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="auth_providers")
    module = models.CharField(max_length=255)
    identifier = models.CharField(max_length=255, default="", blank=True)
    active = models.BooleanField(default=True)
    auth_backend = models.CharField(max_length=255, default=BACKEND)
    affiliation = models.CharField(max_length=255, default="", blank=True)
    info_data = models.JSONField(default=dict, blank=True)
    granted = models.JSONField(default=dict, blank=True)
    created = models.DateTimeField(default=now)
    last_login_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "astakos"
        ordering = ("module", "created")
        constraints = [
            models.UniqueConstraint(
                fields=["module", "identifier"],
                condition=~Q(identifier=""),
                name="astakos_one_holder_per_identity",
            ),
            models.UniqueConstraint(
                fields=["user", "module"],
                condition=Q(identifier=""),
                name="astakos_one_local_method",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.module}:{self.identifier}" if self.identifier else self.module


class AuthPolicyProfile(models.Model):
    """Policies for some users and groups that override the settings; null: no say.

    An exclusive profile is about every provider except its own. Spec: identity 14.2.
    """

    name = models.CharField(max_length=255, unique=True)
    provider = models.CharField(max_length=255)
    is_exclusive = models.BooleanField(default=False)
    policy_add = models.BooleanField(null=True)
    policy_remove = models.BooleanField(null=True)
    policy_create = models.BooleanField(null=True)
    policy_login = models.BooleanField(null=True)
    policy_required = models.BooleanField(null=True)
    policy_automoderate = models.BooleanField(null=True)
    policy_switch = models.BooleanField(null=True)
    policy_limit = models.IntegerField(null=True)
    priority = models.IntegerField(default=1)
    active = models.BooleanField(default=True)
    groups = models.ManyToManyField(Group, related_name="auth_policy_profiles", blank=True)
    users = models.ManyToManyField(User, related_name="auth_policy_profiles", blank=True)

    class Meta:
        app_label = "astakos"
        ordering = ("priority", "pk")

    def __str__(self) -> str:
        return self.name


class PendingThirdPartyUser(models.Model):
    """Somebody whom a provider knows and Astakos does not yet; `token` is kept as its digest."""

    third_party_identifier = models.CharField(max_length=255)
    provider = models.CharField(max_length=255)
    email = models.CharField(max_length=254, blank=True, default="")
    first_name = models.CharField(max_length=150, blank=True, default="")
    last_name = models.CharField(max_length=150, blank=True, default="")
    affiliation = models.CharField(max_length=255, blank=True, default="")
    username = models.CharField(max_length=30, unique=True)
    token = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(default=now, db_index=True)
    info = models.JSONField(default=dict, blank=True)
    attributes = models.JSONField(default=dict, blank=True)

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "third_party_identifier"], name="astakos_one_pending_identity"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider}:{self.third_party_identifier}"


class ProviderTrip(models.Model):
    """A browser that was sent to a provider and is expected back once, with the same cookie."""

    state = models.CharField(max_length=64, primary_key=True)
    browser = models.CharField(max_length=64)
    module = models.CharField(max_length=255)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    switch_from = models.BigIntegerField(null=True)
    next = models.TextField(blank=True, default="")
    key = models.CharField(max_length=64, blank=True, default="")
    memory = models.JSONField(default=dict)
    created = models.DateTimeField(default=now, db_index=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.module} since {self.created}"
