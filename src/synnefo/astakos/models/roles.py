"""Roles, what they imply, and who has them where. Spec: openstack-api 4.4.

An accepted membership of a project is the role `member` on it, and `User.is_admin` is the role
`admin` on the system; neither has a row here.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from synnefo.astakos.models.groups import Group
from synnefo.astakos.models.projects import Project
from synnefo.astakos.models.users import User
from synnefo.kit.ids import new_uuid


class Role(models.Model):
    """A name for what somebody may do; one with a domain counts in that domain only."""

    uuid = models.CharField(max_length=64, unique=True, default=new_uuid)
    domain_id = models.CharField(max_length=64, blank=True, default="")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True, default="")
    options = models.JSONField(default=dict, blank=True)
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint("domain_id", Lower("name"), name="astakos_one_role_name")
        ]

    def __str__(self) -> str:
        return self.name


class RoleInference(models.Model):
    """Who has the prior role has the implied one too."""

    prior = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="implies")
    implied = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="implied_by")

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(fields=["prior", "implied"], name="astakos_one_inference")
        ]

    def __str__(self) -> str:
        return f"{self.prior_id} implies {self.implied_id}"


def _once(actor: str) -> list[models.UniqueConstraint]:
    """Keep a role from being given twice; columns that may be null need a rule for each case."""
    held = Q(**{f"{actor}__isnull": False})
    return [
        models.UniqueConstraint(
            fields=[actor, "role", "project", "inherited"],
            condition=held & Q(project__isnull=False),
            name=f"astakos_{actor}_role_on_project",
        ),
        models.UniqueConstraint(
            fields=[actor, "role", "domain_id", "on_system", "inherited"],
            condition=held & Q(project=None),
            name=f"astakos_{actor}_role_elsewhere",
        ),
    ]


class RoleAssignment(models.Model):
    """A role of one user or one group on one project, one domain or the system.

    An inherited one counts on the projects below its domain or project, not on itself.
    """

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="assignments")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="assignments")
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, null=True, related_name="assignments"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, null=True, related_name="assignments"
    )
    domain_id = models.CharField(max_length=64, blank=True, default="")
    on_system = models.BooleanField(default=False)
    inherited = models.BooleanField(default=False)

    class Meta:
        app_label = "astakos"
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, group__isnull=False) | Q(user__isnull=False, group=None),
                name="astakos_role_of_user_or_group",
            ),
            models.CheckConstraint(
                condition=Q(project__isnull=False, domain_id="", on_system=False)
                | (Q(project=None, on_system=False) & ~Q(domain_id=""))
                | Q(project=None, domain_id="", on_system=True),
                name="astakos_role_on_one_thing",
            ),
            *_once("user"),
            *_once("group"),
        ]
        indexes = [models.Index(fields=["domain_id"], name="astakos_role_domain")]

    def __str__(self) -> str:
        return f"{self.role_id} of {self.user_id or self.group_id}"
