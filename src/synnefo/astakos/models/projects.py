"""Projects, their members and their limits. Spec: identity 2.6."""

from django.db import models

from synnefo.astakos.domain.memberships import (
    ACCEPTED_STATES,
    ACTUALLY_ACCEPTED,
    ASSOCIATED,
    MembershipState,
)
from synnefo.astakos.domain.projects import (
    ALIVE,
    INITIALISED,
    POLICIES,
    PROJECT_STATES,
    ProjectState,
)
from synnefo.kit.clock import now
from synnefo.kit.ids import new_uuid
from synnefo.wire.provisions import INF

__all__ = [
    "ACCEPTED_STATES",
    "ACTUALLY_ACCEPTED",
    "ALIVE",
    "ASSOCIATED",
    "INITIALISED",
    "POLICIES",
    "PROJECT_STATES",
    "MembershipState",
    "Project",
    "ProjectLock",
    "ProjectLog",
    "ProjectMembership",
    "ProjectMembershipLog",
    "ProjectResourceQuota",
    "ProjectState",
]


class ProjectQuerySet(models.QuerySet["Project"]):
    """Ways to find projects."""

    def initialised(self) -> "ProjectQuerySet":
        """Keep projects that have limits."""
        return self.filter(state__in=INITIALISED)

    def usable_by(self, user_id: int) -> "ProjectQuerySet":
        """Keep normal projects in which a user is an accepted member."""
        seats = ProjectMembership.objects.filter(
            person=user_id, state__in=ACTUALLY_ACCEPTED, by_role=False
        )
        return self.filter(state=ProjectState.NORMAL, pk__in=seats.values("project"))

    def related_to(self, user_id: int) -> "ProjectQuerySet":
        """Keep projects that a user owns or is a member of."""
        seats = ProjectMembership.objects.filter(person=user_id, state__in=ACCEPTED_STATES)
        return self.filter(models.Q(owner=user_id) | models.Q(pk__in=seats.values("project")))

    def open_to_all(self) -> "ProjectQuerySet":
        """Keep normal projects that everybody may see."""
        return self.filter(state=ProjectState.NORMAL, private=False)

    def whole(self) -> "ProjectQuerySet":
        """Fetch along what a view shows of a project and its last application."""
        wide = self.select_related(
            *("owner", "system_user", "last_application__applicant", "last_application__owner")
        )
        return wide.prefetch_related("grants__resource", "last_application__grants__resource")


class Project(models.Model):
    """A pool of resources; a system project belongs to one user and has that user's uuid."""

    uuid = models.CharField(max_length=255, unique=True, default=new_uuid)
    realname = models.CharField(max_length=80)
    name = models.CharField(max_length=80, null=True)
    state = models.IntegerField(default=ProjectState.UNINITIALIZED, db_index=True)
    owner = models.ForeignKey(
        "astakos.User", on_delete=models.PROTECT, null=True, related_name="owned_projects"
    )
    homepage = models.CharField(max_length=255, blank=True, default="")
    description = models.TextField(blank=True, default="")
    creation_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField()
    member_join_policy = models.IntegerField(default=2)
    member_leave_policy = models.IntegerField(default=1)
    limit_on_members_number = models.BigIntegerField(default=INF)
    private = models.BooleanField(default=False)
    is_base = models.BooleanField(default=False)
    last_application = models.ForeignKey(
        "astakos.ProjectApplication", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    domain_id = models.CharField(max_length=64, default="default")
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="children"
    )
    tags = models.JSONField(default=list, blank=True)
    options = models.JSONField(default=dict, blank=True)
    extra = models.JSONField(default=dict, blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(fields=["name", "domain_id"], name="astakos_one_project_name")
        ]

    def __str__(self) -> str:
        return f"{self.uuid}::{self.realname}"

    @property
    def display_name(self) -> str:
        """Answer the name that people see: a system project goes by its user's address."""
        owner = getattr(self, "system_user", None) if self.is_base else None
        return owner.username if owner is not None else self.realname


class ProjectResourceQuota(models.Model):
    """What a project may use of one resource, and each member of it."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="grants")
    resource = models.ForeignKey("astakos.Resource", on_delete=models.CASCADE)
    project_capacity = models.BigIntegerField(default=0)
    member_capacity = models.BigIntegerField(default=0)

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "project"], name="astakos_one_grant_per_resource"
            )
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} of {self.project_id}"


class ProjectMembership(models.Model):
    """A person's place in a project."""

    person = models.ForeignKey(
        "astakos.User", on_delete=models.CASCADE, related_name="memberships"
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    state = models.IntegerField(default=MembershipState.REQUESTED, db_index=True)
    initialized = models.BooleanField(default=False)
    overquota_state = models.CharField(max_length=255, default="OK")
    overquota_state_date = models.DateTimeField(default=now)
    overquota_date = models.DateTimeField(null=True)
    by_role = models.BooleanField(default=False)
    """Whether the person is here for a role that implies `member`, and goes with that role."""

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "project"], name="astakos_one_membership_per_project"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.project_id}"


class ProjectLog(models.Model):
    """One change of a project's state: from what to what, when, by whom and why."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="log")
    from_state = models.IntegerField(null=True)
    to_state = models.IntegerField()
    date = models.DateTimeField(default=now)
    actor = models.ForeignKey("astakos.User", on_delete=models.SET_NULL, null=True)
    reason = models.TextField(blank=True, default="")
    comments = models.TextField(blank=True, default="")

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.project_id}: {self.from_state} to {self.to_state}"


class ProjectMembershipLog(models.Model):
    """One change of a membership's state."""

    membership = models.ForeignKey(ProjectMembership, on_delete=models.CASCADE, related_name="log")
    from_state = models.IntegerField(null=True)
    to_state = models.IntegerField()
    date = models.DateTimeField(default=now)
    actor = models.ForeignKey("astakos.User", on_delete=models.SET_NULL, null=True)
    reason = models.TextField(blank=True, default="")
    comments = models.TextField(blank=True, default="")

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"{self.membership_id}: {self.from_state} to {self.to_state}"


class ProjectLock(models.Model):
    """A single row, locked by whatever gives a project a name. Spec: identity 21.2."""

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return "names of projects"
