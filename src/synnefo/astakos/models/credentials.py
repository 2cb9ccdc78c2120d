"""Things that users sign requests or codes with, sealed at rest. Spec: openstack-api 4.2."""

from django.db import models

from synnefo.astakos.models.users import User
from synnefo.kit.clock import now


class Credential(models.Model):
    """A credential of the types ec2, totp or cert; `blob` is sealed text.

    The id of an EC2 credential is the digest of the access key that it was made with.
    """

    id = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="credentials")
    project_id = models.CharField(max_length=255, blank=True, default="")
    type = models.CharField(max_length=64, db_index=True)
    access_digest = models.CharField(max_length=64, blank=True, default="")
    """Digest of the access key that an EC2 credential is found by; others have none."""
    blob = models.TextField()
    created_at = models.DateTimeField(default=now)
    application_credential = models.ForeignKey(
        "astakos.ApplicationCredential", on_delete=models.CASCADE, null=True
    )
    trust = models.ForeignKey("astakos.Trust", on_delete=models.CASCADE, null=True)

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(
                fields=["access_digest"],
                condition=~models.Q(access_digest=""),
                name="astakos_one_access_key",
            )
        ]

    def __str__(self) -> str:
        return self.id
