"""Ports: the network cards of servers. Spec: network 2.7."""

from django.db import models
from django.db.models import Q

from synnefo.cyclades.domain.ports import PortState
from synnefo.cyclades.models.networks import Network
from synnefo.kit import clock
from synnefo.serve.http import Caller


class PortQuerySet(models.QuerySet["Port"]):
    """Questions about ports."""

    def visible_to(self, caller: Caller) -> "PortQuerySet":
        """Keep ports that the caller may see. Spec: compute 14.1, network 17."""
        if caller.is_admin:
            return self.all()
        mine, project = caller.user_id, caller.project_id
        server = Q(server__userid=mine) | Q(
            server__shared_to_project=True, server__project=project
        )
        network = Q(network__public=False) & (
            Q(network__userid=mine) | Q(network__shared_to_project=True, network__project=project)
        )
        return self.filter(Q(userid=mine) | server | network)


class Port(models.Model):
    """A network card, plugged into a server or waiting for one."""

    name = models.CharField(max_length=128, null=True, blank=True, default="")
    description = models.CharField(max_length=255, default="", blank=True)
    userid = models.CharField(max_length=128, null=True, db_index=True)
    server = models.ForeignKey(
        "cyclades.Server", null=True, on_delete=models.PROTECT, related_name="ports"
    )
    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="ports")
    index = models.IntegerField(null=True)
    mac = models.CharField(max_length=32, null=True, unique=True)
    firewall_profile = models.CharField(max_length=30, null=True)
    state = models.CharField(max_length=32, default=PortState.ACTIVE)
    public = models.BooleanField(default=False)
    ssh_port = models.PositiveIntegerField(null=True)
    """Loopback port of the node that leads to the guest's SSH, where nothing else does."""
    device_owner = models.CharField(max_length=128, null=True)
    created = models.DateTimeField(default=clock.now)
    updated = models.DateTimeField(auto_now=True)

    objects = PortQuerySet.as_manager()

    class Meta:
        """Lists are in order of id."""

        ordering = ("id",)
