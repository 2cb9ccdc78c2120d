"""Subnets and their pools of addresses. Spec: network 2.2 and 2.3."""

from django.db import models
from django.db.models import Q

from synnefo.cyclades.domain.pools import Pool, fresh, stored
from synnefo.cyclades.models.networks import Network
from synnefo.kit import clock
from synnefo.serve.http import Caller


class SubnetQuerySet(models.QuerySet["Subnet"]):
    """Questions about subnets."""

    def live(self) -> "SubnetQuerySet":
        """Keep subnets that are not deleted."""
        return self.filter(deleted=False)

    def visible_to(self, caller: Caller) -> "SubnetQuerySet":
        """Keep subnets of networks that the caller may see. Spec: compute 14.1."""
        if caller.is_admin:
            return self.all()
        shared = Q(network__shared_to_project=True, network__project=caller.project_id)
        return self.filter(Q(network__userid=caller.user_id) | shared | Q(network__public=True))


class Subnet(models.Model):
    """Addresses of one IP version on a network."""

    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="subnets")
    userid = models.CharField(max_length=128, null=True, blank=True, db_index=True)
    public = models.BooleanField(default=False)
    name = models.CharField(max_length=128, default="", blank=True)
    description = models.CharField(max_length=255, default="", blank=True)
    ipversion = models.IntegerField(default=4)
    cidr = models.CharField(max_length=64)
    gateway = models.CharField(max_length=64, null=True)
    dhcp = models.BooleanField(default=True)
    deleted = models.BooleanField(default=False, db_index=True)
    host_routes = models.JSONField(default=list)
    dns_nameservers = models.JSONField(default=list)
    created = models.DateTimeField(default=clock.now)
    updated = models.DateTimeField(auto_now=True)

    objects = SubnetQuerySet.as_manager()

    class Meta:
        """A network has at most one living subnet of each IP version."""

        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("network", "ipversion"),
                condition=Q(deleted=False),
                name="subnet_once_per_version",
            ),
        )


class IPPool(models.Model):
    """A run of IPv4 addresses with its two maps; an empty map is a fresh pool."""

    subnet = models.ForeignKey(Subnet, on_delete=models.CASCADE, related_name="pools")
    size = models.IntegerField()
    base = models.CharField(max_length=64)
    offset = models.IntegerField()
    available_map = models.TextField(default="", blank=True)
    reserved_map = models.TextField(default="", blank=True)

    class Meta:
        """Pools are locked in order of id, so that two callers never wait for each other."""

        ordering = ("id",)

    def read(self) -> Pool:
        """Read the maps; the answer may be changed and written only while the row is locked."""
        if not self.available_map:
            return fresh(self.size)
        return stored(self.size, self.available_map, self.reserved_map)

    def write(self, pool: Pool) -> None:
        """Store changed maps."""
        self.size = pool.size
        self.available_map, self.reserved_map = pool.texts()
        self.save(update_fields=["size", "available_map", "reserved_map"])
