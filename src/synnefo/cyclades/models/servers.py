"""Servers, what happened to them, and their tags. Spec: compute 2.4, 2.5."""

from typing import Self

from django.db import models

from synnefo.cyclades.domain.server_states import Standing, State
from synnefo.serve.http import Caller


class ServerQuerySet(models.QuerySet["Server"]):
    """Servers by who may see them."""

    def visible_to(self, caller: Caller) -> Self:
        """Keep a user's own servers, and those shared to their project.

        Spec: compute 14.1.
        """
        if caller.is_admin:
            return self
        shared = models.Q(shared_to_project=True, project=caller.project_id)
        return self.filter(models.Q(userid=caller.user_id) | shared)


class Server(models.Model):
    """A virtual machine."""

    uuid = models.CharField(max_length=36, unique=True)
    """What the guest knows itself by."""
    name = models.CharField(max_length=255)
    description = models.CharField(max_length=255, null=True)
    userid = models.CharField(max_length=100)
    project = models.CharField(max_length=255, db_index=True)
    shared_to_project = models.BooleanField(default=False)
    cluster = models.ForeignKey(
        "cyclades.Cluster", on_delete=models.PROTECT, null=True, related_name="servers"
    )
    flavor = models.ForeignKey("cyclades.Flavor", on_delete=models.PROTECT, related_name="servers")
    imageid = models.CharField(max_length=100)
    key_names = models.JSONField(default=list)
    metadata = models.JSONField(default=dict)
    guest = models.JSONField(default=dict)
    """What is written to the config drive beyond the rest of this row; no password."""
    config_drive = models.BooleanField(default=False)
    availability_zone = models.CharField(max_length=255, default="nova")
    locked = models.CharField(max_length=255, null=True)
    """Why its owner locked it; null when it is not locked."""
    created = models.DateTimeField()
    updated = models.DateTimeField()
    launched = models.DateTimeField(null=True)
    terminated = models.DateTimeField(null=True)
    deleted = models.BooleanField(default=False)
    suspended = models.BooleanField(default=False)
    operstate = models.CharField(max_length=16, default=State.BUILD)
    action = models.CharField(max_length=30, null=True)
    task = models.CharField(max_length=30, null=True)
    task_job_id = models.BigIntegerField(null=True)
    task_since = models.DateTimeField(null=True)
    build_asked = models.DateTimeField(null=True)
    """When its cluster was first asked to build it: from then on there may be an instance."""
    serial = models.ForeignKey(
        "cyclades.QuotaHolderSerial", on_delete=models.SET_NULL, null=True, related_name="servers"
    )
    backendjobid = models.BigIntegerField(null=True)
    backendopcode = models.CharField(max_length=40, null=True)
    backendjobstatus = models.CharField(max_length=16, null=True)
    backendlogmsg = models.TextField(null=True)
    backendtime = models.DateTimeField()
    buildpercentage = models.PositiveSmallIntegerField(default=0)
    fault = models.JSONField(null=True)
    """The newest diagnostic, for lists: level, source, message, details, created."""

    objects = ServerQuerySet.as_manager()

    class Meta:
        app_label = "cyclades"
        indexes = [
            models.Index(fields=["userid", "deleted", "id"], name="server_of_user"),
            models.Index(fields=["cluster", "deleted"], name="server_of_cluster"),
            models.Index(fields=["updated"], name="server_updated"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> State:
        """Answer the state as its kind."""
        return State(self.operstate)

    @property
    def standing(self) -> Standing:
        """Answer what the permission to act depends on."""
        return Standing(
            state=self.state, deleted=self.deleted, suspended=self.suspended, task=self.task
        )


class ServerTag(models.Model):
    """A word that a user tied to a server."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="tags")
    tag = models.CharField(max_length=60)

    class Meta:
        app_label = "cyclades"
        constraints = [models.UniqueConstraint(fields=["server", "tag"], name="one_tag")]


class Diagnostic(models.Model):
    """Something that happened to a server and that its owner should know."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="diagnostics")
    level = models.CharField(max_length=16)
    source = models.CharField(max_length=100)
    source_date = models.DateTimeField(null=True)
    message = models.CharField(max_length=255)
    details = models.TextField(default="")
    created = models.DateTimeField()

    class Meta:
        app_label = "cyclades"
        ordering = ["-created", "-id"]


class ServerEvent(models.Model):
    """One thing that was asked of a server, for its history."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="events")
    action = models.CharField(max_length=30)
    request_id = models.CharField(max_length=64)
    userid = models.CharField(max_length=100)
    project = models.CharField(max_length=255)
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    result = models.CharField(max_length=16, default="")
    message = models.TextField(null=True)

    class Meta:
        app_label = "cyclades"
        ordering = ["-started", "-id"]
