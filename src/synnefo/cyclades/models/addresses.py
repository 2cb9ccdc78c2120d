"""IP addresses in use, and who had them when. Spec: network 2.5 and 2.6."""

from django.db import models
from django.db.models import Q

from synnefo.cyclades.models.networks import Network
from synnefo.cyclades.models.ports import Port
from synnefo.cyclades.models.subnets import Subnet
from synnefo.kit import clock
from synnefo.serve.http import Caller


class AddressQuerySet(models.QuerySet["IPAddress"]):
    """Questions about addresses."""

    def live(self) -> "AddressQuerySet":
        """Keep addresses that are not given back."""
        return self.filter(deleted=False)

    def floating(self) -> "AddressQuerySet":
        """Keep addresses that their user reserved."""
        return self.filter(floating_ip=True)

    def visible_to(self, caller: Caller) -> "AddressQuerySet":
        """Keep addresses that the caller may see. Spec: compute 14.1."""
        if caller.is_admin:
            return self.all()
        shared = Q(shared_to_project=True, project=caller.project_id)
        return self.filter(Q(userid=caller.user_id) | shared)


class IPAddress(models.Model):
    """One address that is given out; floating ones belong to a user, others to their port."""

    subnet = models.ForeignKey(Subnet, on_delete=models.PROTECT, related_name="addresses")
    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="addresses")
    port = models.ForeignKey(Port, null=True, on_delete=models.SET_NULL, related_name="addresses")
    userid = models.CharField(max_length=128, null=True, db_index=True)
    project = models.CharField(max_length=255, null=True, db_index=True)
    shared_to_project = models.BooleanField(default=False)
    address = models.CharField(max_length=64)
    description = models.CharField(max_length=255, default="", blank=True)
    floating_ip = models.BooleanField(default=False)
    ipversion = models.IntegerField(default=4)
    deleted = models.BooleanField(default=False)
    serial = models.ForeignKey(
        "cyclades.QuotaHolderSerial",
        null=True,
        on_delete=models.SET_NULL,
        related_name="addresses",
    )
    created = models.DateTimeField(default=clock.now)
    updated = models.DateTimeField(auto_now=True)

    objects = AddressQuerySet.as_manager()

    class Meta:
        """No address is given twice, whatever the code above believes."""

        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("network", "address"),
                condition=Q(deleted=False),
                name="address_once_per_network",
            ),
        )


class IPAddressHistory(models.Model):
    """Which server had a public address, kept after both are gone."""

    address = models.CharField(max_length=64, db_index=True)
    server_id = models.BigIntegerField(db_index=True)
    network_id = models.BigIntegerField(db_index=True)
    user_id = models.CharField(max_length=128, null=True, db_index=True)
    action = models.CharField(max_length=255)
    action_date = models.DateTimeField(default=clock.now)
    action_reason = models.CharField(max_length=1024, default="")

    class Meta:
        """Newest last."""

        ordering = ("id",)
