"""What surrounds becoming a user: sign-ups under way, invitations, terms, changes of address.

Of every secret that a link carries only the digest is kept. Spec: identity 2.4.
"""

import secrets

from django.db import models
from django.db.models.functions import Lower

from synnefo.astakos.models.users import User
from synnefo.kit.clock import now

LARGEST_CODE = 2**63 - 1


def _new_code() -> int:
    return secrets.randbelow(LARGEST_CODE) + 1


class SignUp(models.Model):
    """How an unverified person signed up: by which method, in which browser, to go where."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="sign_up")
    browser = models.CharField(max_length=64)
    module = models.CharField(max_length=255, default="local")
    invitation = models.ForeignKey(
        "astakos.Invitation", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created = models.DateTimeField(default=now)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.user_id} by {self.module}"


class Invitation(models.Model):
    """One person asked another to come; the code opens the sign-up form, filled in."""

    inviter = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="sent")
    realname = models.CharField(max_length=255, blank=True, default="")
    username = models.CharField(max_length=255)
    code = models.BigIntegerField(unique=True, default=_new_code)
    is_consumed = models.BooleanField(default=False)
    created = models.DateTimeField(default=now)
    consumed = models.DateTimeField(null=True)

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(Lower("username"), name="astakos_one_invitation_per_address")
        ]

    def __str__(self) -> str:
        return f"{self.inviter_id} -> {self.username}"


class EmailChange(models.Model):
    """A wish for another address, which counts once the link sent there is followed."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="email_change")
    new_email_address = models.CharField(max_length=254)
    requested_at = models.DateTimeField(default=now)
    activation_key = models.CharField(max_length=64, unique=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.user_id} -> {self.new_email_address}"


class ApprovalTerms(models.Model):
    """One version of the terms of use, the latest being the one that counts."""

    date = models.DateTimeField(default=now, db_index=True)
    location = models.CharField(max_length=255)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.pk}: {self.location}"


class SolvedPuzzle(models.Model):
    """A puzzle whose solution was used; it is worth nothing a second time."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return self.digest
