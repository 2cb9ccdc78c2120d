"""Requests for projects and for changes of them. Spec: identity 2.6."""

from django.db import models

from synnefo.astakos.domain.applications import ApplicationState, Capacity, Wish
from synnefo.astakos.models.projects import Project
from synnefo.kit.clock import now

PENDING = ApplicationState.PENDING


class ApplicationQuerySet(models.QuerySet["ProjectApplication"]):
    """Ways to find applications."""

    def pending(self) -> "ApplicationQuerySet":
        """Keep those that wait for an answer."""
        return self.filter(state=PENDING)

    def whole(self) -> "ApplicationQuerySet":
        """Fetch the people, the project and the wishes along."""
        people = self.select_related("applicant", "owner", "chain__owner", "response_actor")
        return people.prefetch_related("grants__resource")


class ProjectApplication(models.Model):
    """A request that never changes; an attribute that is null asks for no change."""

    applicant = models.ForeignKey(
        "astakos.User", on_delete=models.CASCADE, related_name="applications"
    )
    chain = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="applications")
    state = models.IntegerField(default=PENDING, db_index=True)
    owner = models.ForeignKey(
        "astakos.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    name = models.CharField(max_length=80, null=True)
    homepage = models.CharField(max_length=255, null=True)
    description = models.TextField(null=True)
    start_date = models.DateTimeField(null=True)
    end_date = models.DateTimeField(null=True)
    member_join_policy = models.IntegerField(null=True)
    member_leave_policy = models.IntegerField(null=True)
    limit_on_members_number = models.BigIntegerField(null=True)
    private = models.BooleanField(null=True)
    comments = models.TextField(null=True)
    issue_date = models.DateTimeField(default=now)
    response_date = models.DateTimeField(null=True)
    response = models.TextField(null=True)
    response_actor = models.ForeignKey(
        "astakos.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    waive_date = models.DateTimeField(null=True)
    waive_reason = models.TextField(null=True)
    waive_actor = models.ForeignKey(
        "astakos.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        app_label = "astakos"

    def __str__(self) -> str:
        return f"application {self.pk} for {self.chain_id}"

    @property
    def wish(self) -> Wish:
        """Answer what is asked for."""
        return Wish(
            name=self.name,
            owner=self.owner.uuid if self.owner else None,
            homepage=self.homepage,
            description=self.description,
            start_date=self.start_date,
            end_date=self.end_date,
            member_join_policy=self.member_join_policy,
            member_leave_policy=self.member_leave_policy,
            limit_on_members_number=self.limit_on_members_number,
            private=self.private,
            comments=self.comments,
            resources={
                grant.resource.name: Capacity(grant.member_capacity, grant.project_capacity)
                for grant in self.grants.all()
            },
        )


class ProjectResourceGrant(models.Model):
    """What an application asks for of one resource."""

    project_application = models.ForeignKey(
        ProjectApplication, on_delete=models.CASCADE, related_name="grants"
    )
    resource = models.ForeignKey("astakos.Resource", on_delete=models.CASCADE)
    project_capacity = models.BigIntegerField()
    member_capacity = models.BigIntegerField()

    class Meta:
        app_label = "astakos"
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "project_application"], name="astakos_one_wish_per_resource"
            )
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} in application {self.project_application_id}"
