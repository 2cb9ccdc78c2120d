"""Pools of bridges and MAC prefixes: at most one row of each kind. Spec: network 2.9."""

from django.db import models

from synnefo.cyclades.domain.pools import Pool, fresh, stored


class BridgePool(models.Model):
    """Bridges that private networks of the flavor PHYSICAL_VLAN are made of."""

    size = models.IntegerField(default=0)
    base = models.CharField(max_length=32, default="")
    offset = models.IntegerField(null=True)
    available_map = models.TextField(default="", blank=True)
    reserved_map = models.TextField(default="", blank=True)

    def read(self) -> Pool:
        """Read the maps; change and write them only while the row is locked."""
        return _read(self.size, self.available_map, self.reserved_map)

    def write(self, pool: Pool) -> None:
        """Store changed maps."""
        self.size = pool.size
        self.available_map, self.reserved_map = pool.texts()
        self.save()


class MacPrefixPool(models.Model):
    """MAC prefixes that tell networks of the flavor MAC_FILTERED apart."""

    size = models.IntegerField(default=0)
    base = models.CharField(max_length=32, default="")
    offset = models.IntegerField(null=True)
    available_map = models.TextField(default="", blank=True)
    reserved_map = models.TextField(default="", blank=True)

    def read(self) -> Pool:
        """Read the maps; change and write them only while the row is locked."""
        return _read(self.size, self.available_map, self.reserved_map)

    def write(self, pool: Pool) -> None:
        """Store changed maps."""
        self.size = pool.size
        self.available_map, self.reserved_map = pool.texts()
        self.save()


def _read(size: int, available: str, reserved: str) -> Pool:
    if not available:
        return fresh(size)
    return stored(size, available, reserved)
