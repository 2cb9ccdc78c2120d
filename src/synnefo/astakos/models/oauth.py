"""OAuth 2.0: clients, codes and access tokens. Spec: identity 2.8."""

from django.db import models

from synnefo.astakos.models.tokens import Token
from synnefo.astakos.models.users import User
from synnefo.kit.clock import now

CONFIDENTIAL, PUBLIC = "confidential", "public"
ONLINE, OFFLINE = "online", "offline"


class Client(models.Model):
    """A program that people may let act for them; only a trusted one need not ask."""

    name = models.CharField(max_length=100, blank=True, default="")
    identifier = models.CharField(max_length=255, unique=True)
    secret_hash = models.CharField(max_length=255, blank=True, default="")
    url = models.CharField(max_length=255, blank=True, default="")
    type = models.CharField(max_length=15, default=CONFIDENTIAL)
    is_trusted = models.BooleanField(default=False)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return self.identifier


class RedirectUrl(models.Model):
    """An address to which codes for a client may go."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="redirect_urls")
    url = models.TextField()
    is_default = models.BooleanField(default=True)

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(fields=["client", "url"], name="astakos_one_redirect_url")
        ]

    def __str__(self) -> str:
        return self.url


class AuthorizationCode(models.Model):
    """A code on its way to a client. A used one is kept for a while, to notice a second use."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    session = models.ForeignKey(Token, on_delete=models.SET_NULL, null=True)
    redirect_uri = models.TextField(blank=True, default="")
    scope = models.TextField(blank=True, default="")
    state = models.TextField(blank=True, default="")
    access_token = models.CharField(max_length=100, default=ONLINE)
    code_challenge = models.CharField(max_length=128, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"code {self.pk} for {self.client_id}"


class OAuthToken(models.Model):
    """What a client shows to act for a user within one scope, for seconds."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    code = models.ForeignKey(AuthorizationCode, on_delete=models.SET_NULL, null=True)
    redirect_uri = models.TextField(blank=True, default="")
    scope = models.TextField(blank=True, default="")
    state = models.TextField(blank=True, default="")
    token_type = models.CharField(max_length=10, default="Bearer")
    grant_type = models.CharField(max_length=30, default="authorization_code")
    access_token = models.CharField(max_length=100, default=ONLINE)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"token {self.pk} of {self.client_id}"
