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
from tests.api.astakos import things
from tests.support.astakos import a_component, a_resource, a_token, a_user
from tests.support.routes import body_for

BODIES: dict[str, object] = {
    "identity-v3 POST /domains": {"domain": {"name": "fresh"}},
    "identity-v3 POST /services": {"service": {"type": "orchestration"}},
    "identity-v3 POST /endpoints": {
        "endpoint": {"service_id": "SERVICE", "interface": "public", "url": "http://x/"}
    },
    "identity-v3 POST /users": {"user": {"name": "fresh"}},
    "identity-v3 POST /OS-TRUST/trusts": {
        "trust": {
            "trustor_user_id": "USER",
            "trustee_user_id": "TRUSTEE",
            "impersonation": True,
            "project_id": "USER",
            "roles": [{"name": "member"}],
        }
    },
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
    "account POST /projects/memberships": {"join": {"project": "FAR"}},
    "account POST /projects/memberships/{membership_id}/action": {"remove": ""},
    "account POST /projects/apps/{application_id}/action": {"approve": ""},
    "account POST /projects/{project_id}/action": {"cancel": {"app_id": "APP"}},
    "account POST /myaccount/default_project": {"project_id": "PROJECT"},
    "astakos-projects POST /{project_id}/members": {"action": "remove", "members": ["SEAT"]},
    "astakos-operators POST /applications/deeds": {"deed": "approve", "applications": ["APP"]},
    "astakos-operators POST /users/deeds": {"deed": "verify", "users": ["USER"], "dry_run": True},
    "astakos-operators POST /users/mail": {"users": ["USER"], "subject": "x", "text": "x"},
    "astakos-operators POST /users": {"email": "fresh@x.org"},
    "astakos-operators POST /projects/deeds": {"deed": "suspend", "projects": ["PROJECT"]},
}
"""Bodies of the routes whose smallest one says nothing."""
MEANT: tuple[tuple[str, dict[str, str]], ...] = (
    ("/users/{user_id}/roles", {"project_id": "far_project_id", "domain_id": "far_domain_id"}),
    ("/groups/{group_id}/roles", {"project_id": "far_project_id", "domain_id": "far_domain_id"}),
    ("v3 DELETE /domains/{domain_id}", {"domain_id": "closed_domain_id"}),
    ("v3 DELETE /regions/", {"region_id": "free_region_id"}),
    ("v3 PUT /regions/", {"region_id": "tag"}),
    ("/application_credentials/{credential_id}", {"credential_id": "app_id"}),
    ("v3 GET /credentials/", {"credential_id": "blob_id"}),
    ("v3 PATCH /credentials/", {"credential_id": "blob_id"}),
    ("v3 DELETE /credentials/", {"credential_id": "blob_id"}),
    ("/trusts/{trust_id}/roles/", {"role_id": "member_id"}),
    ("/registered_limits/", {"limit_id": "registered_id"}),
    ("astakos-cloudbar", {"name": "script"}),
)
"""What the names in some paths stand for, where that is not the same everywhere."""


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
        named = self._named()
        self.ids = {
            **named,
            **things.of_person(people["other"], people["member"]),
            **things.of_operators(people["operator"], project),
            **things.given(people["other"], Group.objects.get(), Role.objects.get(name="prior")),
            "project_id": project.uuid,
            "user_id": people["other"].uuid,
            "application_id": str(waiting.pk),
            "membership_id": str(seat.pk),
            "session_key": session.session_key,
            "audit_id": Token.objects.get(session=session).audit_id,
            "session_id": session.session_key,
            "serial": things.a_promise(people["owner"]),
            "terms_id": things.some_terms(),
        }
        assert SessionCatalog.objects.count() == 1
        held = {name: a_token(user) for name, user in people.items()}
        self.ids["token_id"] = held["other"]
        self.callers = {
            "nobody": Client(),
            **{name: Client(headers={"X-Auth-Token": token}) for name, token in held.items()},
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
        Project.objects.filter(pk=project.pk).update(tags=["blue"])
        return project, applications.apply_to_modify(project, Wish(comments="More"), owner)

    @staticmethod
    def _named() -> dict[str, str]:
        roles.ensure()
        group = Group.objects.create(name="laboratory")
        prior, implied = Role.objects.create(name="prior"), Role.objects.create(name="implied")
        prior.implies.create(implied=implied)
        AuthPolicyProfile.objects.create(name="cyclades.vm", provider="local")
        return {
            "group_id": group.uuid,
            "role_id": prior.uuid,
            "implied_id": implied.uuid,
            "domain_id": "default",
            "region_id": "default",
            "name": "cyclades.vm",
            "tag": "blue",
            "script": "cloudbar.js",
        }

    def ids_for(self, name: str) -> dict[str, str]:
        """Answer the ids that stand in a route's path."""
        found = dict(self.ids)
        for part, other in MEANT:
            if part in name and not ("/domains/{domain_id}/" in name and "DELETE /d" in part):
                found |= {hole: self.ids[thing] for hole, thing in other.items()}
        return found

    def body(self, name: str, route: Route) -> object:
        """Answer a body that a route can read and that says something."""
        return self._filled(BODIES.get(name, body_for(route)))

    def _filled(self, body: object) -> object:
        holes: dict[str, object] = {
            "PROJECT": self.ids["project_id"],
            "USER": self.ids["user_id"],
            "FAR": self.ids["far_project_id"],
            "SERVICE": self.ids["service_id"],
            "TRUSTEE": self.people["member"].uuid,
            "APP": int(self.ids["application_id"]),
            "SEAT": int(self.ids["membership_id"]),
        }
        if isinstance(body, dict):
            return {key: self._filled(value) for key, value in body.items()}
        if isinstance(body, list):
            return [self._filled(value) for value in body]
        return holes.get(body, body) if isinstance(body, str) else body
