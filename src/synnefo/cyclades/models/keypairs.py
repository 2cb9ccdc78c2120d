"""Public keys that users put into their servers. Spec: compute 2.10."""

from django.db import models


class KeyPair(models.Model):
    """The public half of a key pair."""

    userid = models.CharField(max_length=100)
    name = models.CharField(max_length=255)
    content = models.TextField()
    fingerprint = models.CharField(max_length=100)
    type = models.CharField(max_length=10, default="ssh")
    created = models.DateTimeField()

    class Meta:
        app_label = "cyclades"
        constraints = [
            models.UniqueConstraint(fields=["userid", "name"], name="one_keypair_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name
