"""Services, addresses and regions that administrators add through Identity v3.

Those of the platform's own components are in the registry. Spec: openstack-api 4.4.
"""

from django.db import models

from synnefo.kit.ids import new_uuid


class Region(models.Model):
    """A part of the cloud that has addresses of its own."""

    id = models.CharField(max_length=255, primary_key=True, default=new_uuid)
    description = models.CharField(max_length=255, blank=True, default="")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True)
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return self.id


class OfferedService(models.Model):
    """A service that is no component of ours."""

    uuid = models.CharField(max_length=64, unique=True, default=new_uuid)
    name = models.CharField(max_length=255, blank=True, default="")
    type = models.CharField(max_length=255)
    description = models.TextField(blank=True, default="")
    enabled = models.BooleanField(default=True)
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return self.name


class OfferedEndpoint(models.Model):
    """One address for one interface of a service, which may be a component's too."""

    uuid = models.CharField(max_length=64, unique=True, default=new_uuid)
    service_id = models.CharField(max_length=64, db_index=True)
    interface = models.CharField(max_length=8)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True)
    url = models.TextField()
    enabled = models.BooleanField(default=True)
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return self.url
