"""What people prove themselves with besides a password."""

from django.db import models

from synnefo.astakos.models.users import User
from synnefo.kit.clock import now


class TotpDevice(models.Model):
    """An authenticator app; its secret is encrypted, `last_step` is the last code's time step."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="totp")
    secret = models.TextField()
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    confirmed_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"authenticator of {self.user_id}"


class Passkey(models.Model):
    """A key pair in somebody's device; this is its public half.

    `data` is the attested credential as the device gave it, `domain` the host it works for.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys")
    credential_id = models.CharField(max_length=400, unique=True)
    data = models.TextField()
    domain = models.CharField(max_length=255)
    sign_count = models.BigIntegerField(default=0)
    transports = models.JSONField(default=list)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """A code for the day when the other factors are lost; good once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="astakos_recovery_once")
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.user_id}"
