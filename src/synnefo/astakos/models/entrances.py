"""How people come in: sessions, entrances half passed, devices known, links that were mailed.

Of every secret only the digest is kept. Spec: identity 2.4, 12.2.
"""

from django.db import models

from synnefo.astakos.models.tokens import Token
from synnefo.astakos.models.users import User
from synnefo.kit.clock import now


class SessionCatalog(models.Model):
    """One browser session: one per sign-in, gone with its token. Spec: identity 2.4.

    `confirmed_at` is when its holder last proved who they are.
    """

    session_key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    token = models.OneToOneField(Token, on_delete=models.CASCADE, related_name="session")
    method = models.CharField(max_length=40)
    address = models.CharField(max_length=64, blank=True, default="")
    agent = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    seen_at = models.DateTimeField(default=now)
    seen_from = models.CharField(max_length=64, blank=True, default="")
    confirmed_at = models.DateTimeField(default=now)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return self.session_key


class Entrance(models.Model):
    """A sign-in that waits for another step."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="entrances")
    method = models.CharField(max_length=40)
    factor = models.CharField(max_length=16, blank=True, default="")
    tries = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.method} of {self.user_id}"


class PasskeyQuestion(models.Model):
    """A challenge that a passkey is to sign, for one purpose and, where known, by one user."""

    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=16)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    state = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return self.purpose


class KnownDevice(models.Model):
    """A browser or address from which somebody signed in before; limits spare it."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    used_at = models.DateTimeField(default=now, db_index=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"device of {self.user_id}"


class PasswordReset(models.Model):
    """A link for setting a new password, good once and for a short while."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_resets")
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"reset of {self.user_id}"


class AuthReceipt(models.Model):
    """Proof that some of the methods that an account asks for were passed, as in Keystone."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="receipts")
    methods = models.CharField(max_length=80)
    issued_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.methods} of {self.user_id}"
