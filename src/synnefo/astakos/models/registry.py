"""Components, their services and resources. Spec: identity 2.5."""

from django.db import models
from django.db.models import Q

from synnefo.kit.clock import now
from synnefo.wire.provisions import INF

PLATFORM = "platform"
OPENSTACK = "openstack"


class Component(models.Model):
    """A part of the cloud that runs services; its token is kept as a digest only."""

    name = models.CharField(max_length=255, unique=True)
    url = models.CharField(max_length=1024, blank=True, default="")
    base_url = models.CharField(max_length=1024, blank=True, default="")
    token_digest = models.CharField(max_length=64, unique=True)
    token_created_at = models.DateTimeField(default=now)
    token_expires_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """What a component offers, in the platform's own catalogue or in the OpenStack one."""

    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="services")
    name = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=255)
    catalog = models.CharField(max_length=16, default=PLATFORM)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return self.name


class Endpoint(models.Model):
    """One address of a service, as keys and values such as `publicURL` and `versionId`."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="endpoints")
    data = models.JSONField(default=dict)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return str(self.data.get("publicURL", ""))


class Resource(models.Model):
    """Something that is counted and limited."""

    name = models.CharField(max_length=255, unique=True)
    desc = models.TextField(blank=True, default="")
    service_type = models.CharField(max_length=255)
    service_origin = models.CharField(max_length=255, db_index=True)
    unit = models.CharField(max_length=255, null=True)
    uplimit = models.BigIntegerField(default=INF)
    project_default = models.BigIntegerField(default=0)
    ui_visible = models.BooleanField(default=True)
    api_visible = models.BooleanField(default=True)

    class Meta:
        app_label = "astakos"
        constraints = [
            models.CheckConstraint(
                condition=Q(ui_visible=False) | Q(api_visible=True),
                name="astakos_shown_in_ui_and_api",
            )
        ]

    def __str__(self) -> str:
        return self.name
