"""Groups of people. Spec: openstack-api 4.4, identity 16.3."""

from django.db import models

from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.models.users import User
from synnefo.kit.clock import now
from synnefo.kit.ids import new_uuid


class Group(models.Model):
    """A set of people who get roles, policies and flavors together."""

    uuid = models.CharField(max_length=64, unique=True, default=new_uuid)
    domain_id = models.CharField(max_length=64, default=DEFAULT)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True, default="")
    extra = models.JSONField(default=dict, blank=True)
    members = models.ManyToManyField(
        User, through="astakos.GroupMember", related_name="member_groups"
    )

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(fields=["domain_id", "name"], name="astakos_one_group_name")
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """A person's place in a group."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="seats")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="group_seats")
    since = models.DateTimeField(default=now)

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(fields=["user", "group"], name="astakos_one_group_seat")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"
