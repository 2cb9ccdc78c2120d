"""Networks, and what each cluster says about them. Spec: network 2.1 and 2.4."""

from django.db import models
from django.db.models import Q

from synnefo.cyclades.domain.network_states import NetworkState
from synnefo.kit import clock
from synnefo.serve.http import Caller


class NetworkQuerySet(models.QuerySet["Network"]):
    """Questions about networks."""

    def live(self) -> "NetworkQuerySet":
        """Keep networks that are not deleted."""
        return self.filter(deleted=False)

    def visible_to(self, caller: Caller) -> "NetworkQuerySet":
        """Keep networks that the caller may see. Spec: network 5.2."""
        if caller.is_admin:
            return self.all()
        shared = Q(shared_to_project=True, project=caller.project_id)
        return self.filter(Q(userid=caller.user_id) | shared | Q(public=True))


class Network(models.Model):
    """An isolated segment, private to a user or public."""

    name = models.CharField(max_length=128)
    description = models.CharField(max_length=255, default="", blank=True)
    userid = models.CharField(max_length=128, null=True, blank=True, db_index=True)
    project = models.CharField(max_length=255, null=True, blank=True, db_index=True)
    shared_to_project = models.BooleanField(default=False)
    flavor = models.CharField(max_length=32)
    mode = models.CharField(max_length=16, null=True)
    link = models.CharField(max_length=32, null=True)
    mac_prefix = models.CharField(max_length=32)
    tags = models.CharField(max_length=128, null=True, blank=True)
    public = models.BooleanField(default=False, db_index=True)
    deleted = models.BooleanField(default=False, db_index=True)
    state = models.CharField(max_length=32, default=NetworkState.PENDING)
    action = models.CharField(max_length=32, null=True)
    drained = models.BooleanField(default=False)
    floating_ip_pool = models.BooleanField(default=False)
    external_router = models.BooleanField(default=False)
    serial = models.ForeignKey(
        "cyclades.QuotaHolderSerial", null=True, on_delete=models.SET_NULL, related_name="networks"
    )
    charged = models.BooleanField(default=False)
    """Whether its owner's quota holds it."""
    created = models.DateTimeField(default=clock.now)
    updated = models.DateTimeField(auto_now=True)

    objects = NetworkQuerySet.as_manager()

    class Meta:
        """Lists are in order of id."""

        ordering = ("id",)

    @property
    def status(self) -> str:
        """Tell the state as the API shows it. Spec: network 4.1."""
        return "SNF:DRAINED" if self.drained else self.state


class BackendNetwork(models.Model):
    """A network on one cluster."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="on_clusters")
    cluster = models.ForeignKey(
        "cyclades.Cluster", on_delete=models.CASCADE, related_name="networks"
    )
    mac_prefix = models.CharField(max_length=32)
    operstate = models.CharField(max_length=32, default=NetworkState.PENDING)
    deleted = models.BooleanField(default=False)
    backendjobid = models.PositiveBigIntegerField(null=True)
    backendopcode = models.CharField(max_length=32, null=True)
    backendjobstatus = models.CharField(max_length=32, null=True)
    backendlogmsg = models.TextField(null=True)
    backendtime = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    """When somebody last set out to make it real there, or to remove it."""
    connect_jobs = models.JSONField(default=list)
    """Jobs that connect it, as long as they may be running."""
    created = models.DateTimeField(default=clock.now)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        """A network is at most once on a cluster."""

        constraints = (
            models.UniqueConstraint(fields=("network", "cluster"), name="network_once_on_cluster"),
        )
