"""People. Spec: identity 2.2."""

from django.db import models
from django.db.models.functions import Lower

from synnefo.astakos.domain.account_states import Account
from synnefo.kit.clock import now
from synnefo.kit.ids import new_uuid
from synnefo.kit.units import is_number


class UserQuerySet(models.QuerySet["User"]):
    """Ways to find people."""

    def verified(self) -> "UserQuerySet":
        """Keep those whose e-mail address is theirs."""
        return self.filter(email_verified=True)

    def accepted(self) -> "UserQuerySet":
        """Keep those whom somebody let in."""
        return self.filter(moderated=True, is_rejected=False)

    def named(self, identifier: str) -> "UserQuerySet":
        """Find by uuid, number or e-mail address, the latter in any case."""
        number = int(identifier) if is_number(identifier) and len(identifier) < 19 else None
        return self.filter(
            models.Q(uuid=identifier)
            | models.Q(username=identifier.lower())
            | models.Q(pk=number if number is not None else -1)
        )


class User(models.Model):
    """A person; the uuid never changes and names the system project too."""

    uuid = models.CharField(max_length=255, unique=True, default=new_uuid)
    username = models.CharField(max_length=254, db_index=True)
    email = models.CharField(max_length=254)
    first_name = models.CharField(max_length=150, blank=True, default="")
    last_name = models.CharField(max_length=150, blank=True, default="")
    affiliation = models.CharField(max_length=255, blank=True, default="")
    password = models.CharField(max_length=255, blank=True, default="")
    password_changed_at = models.DateTimeField(default=now)
    password_must_change = models.BooleanField(default=False)
    is_active = models.BooleanField(default=False)
    is_admin = models.BooleanField(default=False)
    groups = models.JSONField(default=list, blank=True)
    """Names of groups, of clouds made before groups had rows; `groups.adopt` moves them."""
    date_joined = models.DateTimeField(default=now)
    last_login = models.DateTimeField(null=True)
    updated = models.DateTimeField(auto_now=True)
    email_verified = models.BooleanField(default=False)
    verified_at = models.DateTimeField(null=True)
    moderated = models.BooleanField(default=False)
    moderated_at = models.DateTimeField(null=True)
    is_rejected = models.BooleanField(default=False)
    rejected_reason = models.TextField(blank=True, default="")
    accepted_policy = models.CharField(max_length=255, blank=True, default="")
    accepted_email = models.CharField(max_length=254, blank=True, default="")
    deactivated_at = models.DateTimeField(null=True)
    deactivated_reason = models.TextField(blank=True, default="")
    base_project = models.OneToOneField(
        "astakos.Project", on_delete=models.PROTECT, null=True, related_name="system_user"
    )
    default_project = models.ForeignKey(
        "astakos.Project", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    permissions = models.JSONField(default=list, blank=True)
    """Names of permissions, as old tools read them; nothing here depends on them."""
    level = models.IntegerField(default=4)
    invitations = models.IntegerField(default=0)
    verification_code = models.CharField(max_length=64, null=True, unique=True)
    """The digest of the code in the latest link that confirms the address."""
    activation_sent = models.DateTimeField(null=True)
    moderated_data = models.TextField(blank=True, default="")
    has_signed_terms = models.BooleanField(default=True)
    date_signed_terms = models.DateTimeField(null=True)
    is_verified = models.BooleanField(default=False)
    """Whether the profile was looked at once; not about the e-mail address."""
    has_credits = models.BooleanField(default=False)
    disturbed_quota = models.BooleanField(default=False, db_index=True)
    language = models.CharField(max_length=8, blank=True, default="")
    """The language of mails to this person; empty: the site's."""

    domain_id = models.CharField(max_length=64, default="default")
    name = models.CharField(max_length=255, blank=True, default="")
    """The name in Identity v3 of those whom an administrator made there; others' is empty."""
    description = models.TextField(blank=True, default="")
    options = models.JSONField(default=dict, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True)
    """When Identity v3 deleted this user, whose usage and history stay."""

    acting: tuple[str, ...] | None = None
    """The roles that somebody acts with by what was handed on; None for all that the user has."""

    objects = UserQuerySet.as_manager()

    class Meta:
        app_label = "astakos"
        indexes = [
            models.Index(fields=["date_joined"], name="astakos_user_joined"),
            models.Index(fields=["last_name"], name="astakos_user_last_name"),
            models.Index(
                fields=["name", "domain_id"],
                condition=~models.Q(name=""),
                name="astakos_user_v3_name",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(email_verified=True) & ~models.Q(email=""),
                name="astakos_verified_email",
            ),
            models.UniqueConstraint(
                fields=["username"],
                condition=models.Q(email_verified=True),
                name="astakos_verified_username",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uuid}::{self.email}"

    @property
    def realname(self) -> str:
        """Answer the name as people write it."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def account(self) -> Account:
        """Answer the facts that make this account's state."""
        return Account(
            verified=self.email_verified,
            moderated=self.moderated,
            rejected=self.is_rejected,
            active=self.is_active,
            policy=self.accepted_policy,
            reason=self.rejected_reason if self.is_rejected else self.deactivated_reason,
        )
