"""Sizes of servers, and who may use them. Spec: compute 2.1, 2.2."""

from typing import Self

from django.db import models

from synnefo.serve.http import Caller


class VolumeType(models.Model):
    """How disks are stored: Ganeti's template, and a provider after an underscore."""

    name = models.CharField(max_length=255)
    disk_template = models.CharField(max_length=32)
    deleted = models.BooleanField(default=False)

    class Meta:
        app_label = "cyclades"

    def __str__(self) -> str:
        return self.name


class FlavorQuerySet(models.QuerySet["Flavor"]):
    """Flavors by who may see them."""

    def visible_to(self, caller: Caller) -> Self:
        """Keep the public ones and those granted to the caller's project.

        Spec: compute 14.1.
        """
        if caller.is_admin:
            return self
        granted = models.Q(access__project=caller.project_id)
        return self.filter(models.Q(public=True) | granted).distinct()


class Flavor(models.Model):
    """A size: processors, MiB of memory, GiB of root disk."""

    cpu = models.PositiveIntegerField()
    ram = models.PositiveIntegerField()
    disk = models.PositiveIntegerField()
    volume_type = models.ForeignKey(VolumeType, on_delete=models.PROTECT, related_name="flavors")
    deleted = models.BooleanField(default=False)
    allow_create = models.BooleanField(default=True)
    public = models.BooleanField(default=True)
    specs = models.JSONField(default=dict)

    objects = FlavorQuerySet.as_manager()

    class Meta:
        app_label = "cyclades"
        constraints = [
            models.UniqueConstraint(
                fields=["cpu", "ram", "disk", "volume_type"], name="one_flavor_of_a_size"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Make the name from the size, such as `C2R4096D40ext_archipelago`."""
        return f"C{self.cpu}R{self.ram}D{self.disk}{self.volume_type.disk_template}"


class FlavorAccess(models.Model):
    """A flavor that is not public, granted to a project."""

    project = models.CharField(max_length=255, db_index=True)
    flavor = models.ForeignKey(Flavor, on_delete=models.CASCADE, related_name="access")

    class Meta:
        app_label = "cyclades"
        constraints = [
            models.UniqueConstraint(fields=["project", "flavor"], name="one_flavor_access")
        ]
