"""Volumes: the disks of servers. Spec: compute 2.7."""

from typing import Self

from django.db import models

from synnefo.serve.http import Caller


class VolumeQuerySet(models.QuerySet["Volume"]):
    """Volumes by who may see them."""

    def visible_to(self, caller: Caller) -> Self:
        """Keep a user's own volumes, and those shared to their project."""
        if caller.is_admin:
            return self
        shared = models.Q(shared_to_project=True, project=caller.project_id)
        return self.filter(models.Q(userid=caller.user_id) | shared)


class Volume(models.Model):
    """A disk; the one with index 0 boots its server."""

    uuid = models.CharField(max_length=36, unique=True)
    name = models.CharField(max_length=255, null=True)
    description = models.CharField(max_length=255, null=True)
    userid = models.CharField(max_length=100)
    project = models.CharField(max_length=255, db_index=True)
    shared_to_project = models.BooleanField(default=False)
    size = models.PositiveIntegerField()
    """GiB."""
    volume_type = models.ForeignKey(
        "cyclades.VolumeType", on_delete=models.PROTECT, related_name="volumes"
    )
    delete_on_termination = models.BooleanField(default=True)
    source = models.CharField(max_length=128, null=True)
    """`image:<id>`, `snapshot:<id>`, `volume:<id>`; null is a blank disk."""
    origin = models.CharField(max_length=255, null=True)
    """Name of the map that it is cloned from."""
    origin_size = models.BigIntegerField(null=True)
    status = models.CharField(max_length=32, default="CREATING")
    deleted = models.BooleanField(default=False)
    server = models.ForeignKey(
        "cyclades.Server", on_delete=models.SET_NULL, null=True, related_name="volumes"
    )
    index = models.PositiveSmallIntegerField(null=True)
    backendjobid = models.BigIntegerField(null=True)
    """Null means never made on storage."""
    metadata = models.JSONField(default=dict)
    created = models.DateTimeField()
    updated = models.DateTimeField()

    objects = VolumeQuerySet.as_manager()

    class Meta:
        app_label = "cyclades"
        indexes = [models.Index(fields=["userid", "deleted"], name="volume_of_user")]

    def __str__(self) -> str:
        return self.name or str(self.id)
