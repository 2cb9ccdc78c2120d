"""Clusters (the spec's backends), and which projects own one. Spec: compute 2.3."""

from django.db import models


class Cluster(models.Model):
    """A Ganeti cluster, or snf-solo: whatever answers the RAPI at this address."""

    clustername = models.CharField(max_length=128, unique=True)
    port = models.PositiveIntegerField(default=5080)
    address = models.CharField(max_length=255, blank=True, default="")
    """Where its RAPI is; empty means `https://<clustername>:<port>`."""
    username = models.CharField(max_length=64, blank=True, default="")
    password = models.CharField(max_length=255, blank=True, default="")
    """Encrypted; see `domain.ciphers`."""
    index = models.PositiveSmallIntegerField(unique=True)
    drained = models.BooleanField(default=False)
    offline = models.BooleanField(default=False)
    hypervisor = models.CharField(max_length=32, default="kvm")
    disk_templates = models.JSONField(default=list)
    public = models.BooleanField(default=True)
    mfree = models.PositiveIntegerField(default=0)
    mtotal = models.PositiveIntegerField(default=0)
    dfree = models.PositiveIntegerField(default=0)
    dtotal = models.PositiveIntegerField(default=0)
    pinst_cnt = models.PositiveIntegerField(default=0)
    ctotal = models.PositiveIntegerField(default=0)
    refreshed = models.DateTimeField(null=True)
    """When its free resources were last read."""
    silent_since = models.DateTimeField(null=True)
    """Since when it does not answer; null while it does."""

    class Meta:
        app_label = "cyclades"
        constraints = [
            models.CheckConstraint(condition=models.Q(index__lte=15), name="cluster_index_0_15")
        ]

    def __str__(self) -> str:
        return self.clustername


class ProjectCluster(models.Model):
    """A cluster reserved for a project."""

    project = models.CharField(max_length=255, db_index=True)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="projects")

    class Meta:
        app_label = "cyclades"
        constraints = [
            models.UniqueConstraint(fields=["project", "cluster"], name="one_project_cluster")
        ]
