"""Who else may see an object."""

from django.db import models
from django.db.models import Q

from synnefo.pithos.domain.sharing import Sharing, holders_of, of_lists
from synnefo.pithos.models.containers import Group
from synnefo.pithos.models.fields import NameField
from synnefo.pithos.models.objects import Node


class Grant(models.Model):
    """One name in one list of an object's permission record. Spec: object-storage 10."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="grants")
    holder = NameField(max_length=600)
    is_write = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint("node", "holder", name="pithos_grant_holder")]
        indexes = [models.Index("holder", name="pithos_grant_by_holder")]

    def __str__(self) -> str:
        return f"{self.holder} on {self.node_id}"


class Public(models.Model):
    """The address under which anybody may read an object. Spec: object-storage 11.1."""

    node = models.OneToOneField(Node, on_delete=models.CASCADE, related_name="public")
    url_id = models.CharField(max_length=256, unique=True)

    def __str__(self) -> str:
        return self.url_id


def holders(user_id: str) -> frozenset[str]:
    """Tell every name in permission records that stands for a user."""
    return holders_of(
        user_id, list(Group.objects.filter(member=user_id).values_list("owner", "name"))
    )


def records(node_filter: Q) -> dict[int, Sharing]:
    """Read the permission records of many nodes at once."""
    lists: dict[int, tuple[list[str], list[str]]] = {}
    for grant in Grant.objects.filter(node_filter).order_by("holder"):
        lists.setdefault(grant.node_id, ([], []))[int(grant.is_write)].append(grant.holder)
    return {node_id: of_lists(*both) for node_id, both in lists.items()}
