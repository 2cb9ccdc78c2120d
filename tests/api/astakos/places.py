"""One of each kind, and everybody who might ask for it."""

from datetime import timedelta

from django.test import Client

from synnefo.astakos.domain.applications import ApplicationAction, Capacity, Wish
from synnefo.astakos.models import (
    AuthPolicyProfile,
    Group,
    Project,
    ProjectApplication,
    ProjectMembership,
    Role,
    SessionCatalog,
    Token,
)
from synnefo.astakos.usecases import applications, memberships, roles, sessions
from synnefo.astakos.usecases.sessions import Visit
from synnefo.kit.clock import now
from synnefo.serve.http.route import Route
from tests.support.astakos import a_component, a_resource, a_token, a_user
from tests.support.routes import body_for

BODIES: dict[str, object] = {
    "identity-v3 POST /projects": {"project": {"name": "fresh"}},
    "identity-v3 POST /groups": {"group": {"name": "fresh"}},
    "identity-v3 POST /roles": {"role": {"name": "fresh"}},
    "identity-v3 POST /users/{user_id}/credentials/OS-EC2": {"tenant_id": "USER"},
    "identity-v3 POST /credentials": {
        "credential": {"type": "cert", "blob": "x", "user_id": "USER"}
    },
    "account POST /projects": {
        "name": "new.example.org",
        "end_date": "2099-01-01",
        "resources": {"cyclades.vm": {"member_capacity": 1, "project_capacity": 1}},
    },
    "account POST /projects/memberships": {"join": {"project": "PROJECT"}},
    "account POST /projects/memberships/{membership_id}/action": {"remove": ""},
    "account POST /projects/apps/{application_id}/action": {"approve": ""},
    "account POST /projects/{project_id}/action": {"cancel": {"app_id": "APP"}},
    "account POST /myaccount/default_project": {"project_id": "PROJECT"},
    "astakos-projects POST /{project_id}/members": {"action": "remove", "members": ["SEAT"]},
    "astakos-operators POST /users/deeds": {"deed": "verify", "users": ["USER"], "dry_run": True},
    "astakos-operators POST /users/mail": {"users": ["USER"], "subject": "x", "text": "x"},
    "astakos-operators POST /users": {"email": "fresh@x.org"},
    "astakos-operators POST /projects/deeds": {"deed": "suspend", "projects": ["PROJECT"]},
}
"""Bodies of the routes whose smallest one says nothing."""
KEPT = (
    "identity-v3 DELETE /domains/{domain_id}",
    "identity-v3 DELETE /regions/{region_id}",
)
"""Routes that refuse even operators while the thing is in use."""


class Places:
    """A private project with its owner and a member; a stranger, an operator, a component.

    `other` is the user whose id stands in paths.
    """

    def __init__(self) -> None:
        a_resource()
        a_resource("astakos.pending_app")
        names = ("stranger", "member", "owner", "other")
        people = {name: a_user(f"{name}@x.org") for name in names}
        people["operator"] = a_user("operator@x.org", admin=True)
        self.people = people
        project, waiting = self._project()
        seat = ProjectMembership.objects.get(project=project, person=people["member"])
        _, component = a_component("cyclades")
        _, session = sessions.begin(people["other"], ("password",), Visit())
        self.ids = {
            **self._named(),
            "project_id": project.uuid,
            "user_id": people["other"].uuid,
            "application_id": str(waiting.pk),
            "membership_id": str(seat.pk),
            "session_key": session.session_key,
            "audit_id": Token.objects.get(session=session).audit_id,
        }
        assert SessionCatalog.objects.count() == 1
        self.callers = {
            "nobody": Client(),
            **{
                name: Client(headers={"X-Auth-Token": a_token(user)})
                for name, user in people.items()
            },
            "component": Client(headers={"X-Auth-Token": component}),
        }

    def _project(self) -> tuple[Project, ProjectApplication]:
        owner, member = self.people["owner"], self.people["member"]
        wish = Wish(
            name="physics.example.org",
            end_date=now() + timedelta(days=90),
            private=True,
            resources={"cyclades.vm": Capacity(1, 3)},
        )
        first = applications.apply(wish, owner)
        applications.act(first, ApplicationAction.APPROVE)
        project = first.chain
        memberships.enroll(project, member.email)
        return project, applications.apply_to_modify(project, Wish(comments="More"), owner)

    @staticmethod
    def _named() -> dict[str, str]:
        roles.ensure()
        group = Group.objects.create(name="laboratory")
        prior, implied = Role.objects.create(name="prior"), Role.objects.create(name="implied")
        AuthPolicyProfile.objects.create(name="cyclades.vm", provider="local")
        return {
            "group_id": group.uuid,
            "role_id": prior.uuid,
            "implied_id": implied.uuid,
            "domain_id": "default",
            "region_id": "default",
            "name": "cyclades.vm",
            "tag": "blue",
        }

    def ids_for(self, name: str) -> dict[str, str]:
        """Answer the ids of a route's path; what nobody may delete stands for nothing there."""
        return {**self.ids, "domain_id": "none", "region_id": "none"} if name in KEPT else self.ids

    def body(self, name: str, route: Route) -> object:
        """Answer a body that a route can read and that says something."""
        return self._filled(BODIES.get(name, body_for(route)))

    def _filled(self, body: object) -> object:
        holes: dict[str, object] = {
            "PROJECT": self.ids["project_id"],
            "USER": self.ids["user_id"],
            "APP": int(self.ids["application_id"]),
            "SEAT": int(self.ids["membership_id"]),
        }
        if isinstance(body, dict):
            return {key: self._filled(value) for key, value in body.items()}
        if isinstance(body, list):
            return [self._filled(value) for value in body]
        return holes.get(body, body) if isinstance(body, str) else body
