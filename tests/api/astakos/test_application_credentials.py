"""Application credentials and access rules by example. Spec: openstack-api 4.3."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from synnefo.astakos.models import (
    DATABASE,
    ApplicationCredential,
    ProjectMembership,
)
from synnefo.astakos.models.projects import MembershipState
from synnefo.astakos.usecases import users
from synnefo.kit.clock import now
from tests.support.astakos import a_component, a_project, a_token, a_user
from tests.support.identity_calls import an_app, call, sign_in, with_app, with_token

pytestmark = pytest.mark.django_db(databases=[DATABASE])


class TestApplicationCredentials:
    """Programs that sign in for a user and one project."""

    def test_one_is_made_shown_used_and_ended(self) -> None:
        user = a_user()
        token = a_token(user)
        app = an_app(user, token, description="nightly")
        assert len(app["secret"]) > 40
        assert app["project_id"] == user.uuid
        assert {role["name"] for role in app["roles"]} == {"member", "reader"}
        assert (app["unrestricted"], app["system"], app["expires_at"]) == (False, None, None)
        path = f"/users/{user.uuid}/application_credentials"
        shown = call("GET", f"{path}/{app['id']}", token).json["application_credential"]
        assert "secret" not in shown
        assert "access_rules" not in shown
        listed = call("GET", f"{path}?name=backup", token).json
        assert [one["id"] for one in listed["application_credentials"]] == [app["id"]]
        assert listed["links"]["next"] is None
        got = with_app(app["id"], app["secret"])
        assert got.status == 201
        assert got.json["token"]["application_credential"] == {
            "id": app["id"],
            "name": "backup",
            "restricted": True,
        }
        assert got.json["token"]["methods"] == ["application_credential"]
        assert call("GET", "/auth/projects", got.token).status == 200
        assert call("DELETE", f"{path}/{app['id']}", token).status == 204
        assert call("GET", "/auth/projects", got.token).status == 401
        assert with_app(app["id"], app["secret"]).status == 401

    def test_a_name_and_its_user_are_enough(self) -> None:
        user = a_user("ada@example.org")
        app = an_app(user)
        person = {"name": "ada@example.org", "domain": {"id": "default"}}
        shown = {"name": "backup", "secret": app["secret"], "user": person}
        identity = {"methods": ["application_credential"], "application_credential": shown}
        assert sign_in(identity).status == 201
        shown["user"] = {"id": a_user().uuid}
        assert sign_in(identity).status == 401

    def test_nothing_stored_is_the_secret(self) -> None:
        app = an_app(a_user())
        row = ApplicationCredential.objects.get(uuid=app["id"])
        assert app["secret"] not in row.secret_hash
        chosen = an_app(a_user(), secret="chosen by somebody")
        row = ApplicationCredential.objects.get(uuid=chosen["id"])
        assert row.secret_hash.startswith("$argon2")
        assert with_app(chosen["id"], "chosen by somebody").status == 201
        assert with_app(chosen["id"], "chosen by nobody").status == 401

    def test_a_scope_beside_it_is_refused(self) -> None:
        user = a_user()
        app = an_app(user)
        for scope in ({"project": {"id": user.uuid}}, "unscoped", {"system": {"all": True}}):
            assert with_app(app["id"], app["secret"], scope=scope).status == 401

    def test_a_token_of_it_leads_nowhere_else(self) -> None:
        user = a_user()
        other = a_project(user)
        app = an_app(user)
        token = with_app(app["id"], app["secret"]).token
        again = with_token(token)
        assert again.status == 201
        assert again.json["token"]["application_credential"]["id"] == app["id"]
        assert with_token(token, {"project": {"id": other.uuid}}).status == 401
        assert with_token(token, "unscoped").status == 401
        v2 = {"auth": {"token": {"id": token}, "tenantId": other.uuid}}
        assert call("POST", "/astakos/identity/v2.0/tokens", body=v2).status in {400, 401}

    def test_roles_are_some_of_the_tokens(self) -> None:
        user = a_user()
        app = an_app(user, roles=[{"name": "reader"}])
        token = with_app(app["id"], app["secret"])
        assert [role["name"] for role in token.json["token"]["roles"]] == ["reader"]
        path = f"/users/{user.uuid}/application_credentials"
        wishes: list[Any] = [[{"name": "admin"}], [{"id": "nothing"}], [{}]]
        for wish in wishes:
            body = {"application_credential": {"name": "x", "roles": wish}}
            assert call("POST", path, a_token(user), body).status == 400

    def test_an_administrators_reader_is_no_administrator(self) -> None:
        user = a_user(admin=True)
        app = an_app(user, roles=[{"name": "reader"}])
        token = with_app(app["id"], app["secret"]).token
        assert call("GET", f"/users/{a_user().uuid}", token).status in {403, 404}
        assert call("GET", "/credentials", a_token(user)).status == 200

    def test_a_name_is_taken_once(self) -> None:
        user = a_user()
        an_app(user)
        body = {"application_credential": {"name": "backup"}}
        path = f"/users/{user.uuid}/application_credentials"
        assert call("POST", path, a_token(user), body).status == 409
        an_app(a_user())

    def test_it_makes_no_others_unless_it_is_unrestricted(self) -> None:
        user = a_user()
        tied, free = an_app(user), an_app(user, name="free", unrestricted=True)
        path = f"/users/{user.uuid}/application_credentials"
        body = {"application_credential": {"name": "more"}}
        token = with_app(tied["id"], tied["secret"]).token
        assert call("POST", path, token, body).status == 403
        assert call("DELETE", f"{path}/{free['id']}", token).status == 403
        token = with_app(free["id"], free["secret"]).token
        assert call("POST", path, token, body).status == 201

    def test_it_dies_with_the_place_in_the_project(self) -> None:
        user = a_user()
        project = a_project(user)
        scoped = with_token(a_token(user), {"project": {"id": project.uuid}}).token
        app = an_app(user, scoped)
        token = with_app(app["id"], app["secret"]).token
        seat = ProjectMembership.objects.filter(person=user, project=project)
        seat.update(state=MembershipState.REMOVED)
        assert call("GET", "/auth/projects", token).status == 401
        assert with_app(app["id"], app["secret"]).status == 401

    def test_it_dies_with_its_user(self) -> None:
        user = a_user()
        app = an_app(user)
        token = with_app(app["id"], app["secret"]).token
        users.deactivate(user)
        assert call("GET", "/auth/projects", token).status == 401
        assert with_app(app["id"], app["secret"]).status == 401

    def test_it_expires_with_its_tokens(self) -> None:
        user = a_user()
        ends = now() + timedelta(hours=1)
        app = an_app(user, expires_at=f"{ends:%Y-%m-%dT%H:%M:%S.%f}")
        assert app["expires_at"] == f"{ends:%Y-%m-%dT%H:%M:%S.%f}"
        token = with_app(app["id"], app["secret"])
        assert token.json["token"]["expires_at"] == f"{ends:%Y-%m-%dT%H:%M:%S.%f}Z"
        with time_machine.travel(ends + timedelta(seconds=1), tick=False):
            assert call("GET", "/auth/projects", token.token).status == 401
            assert with_app(app["id"], app["secret"]).status == 401
        for wrong in ("yesterday", "2001-01-01T00:00:00Z"):
            body = {"application_credential": {"name": "old", "expires_at": wrong}}
            path = f"/users/{user.uuid}/application_credentials"
            assert call("POST", path, a_token(user), body).status == 400

    def test_strangers_see_and_end_nothing(self) -> None:
        user, stranger, admin = a_user(), a_user(), a_user(admin=True)
        app = an_app(user)
        path = f"/users/{user.uuid}/application_credentials"
        token = a_token(stranger)
        assert call("GET", path, token).status == 403
        assert call("GET", f"{path}/{app['id']}", token).status == 403
        assert call("DELETE", f"{path}/{app['id']}", token).status == 403
        own = f"/users/{stranger.uuid}/application_credentials/{app['id']}"
        assert call("GET", own, token).status == 404
        assert call("DELETE", own, token).status == 404
        assert (
            call("POST", path, a_token(admin), {"application_credential": {"name": "x"}}).status
            == 403
        )
        assert call("DELETE", f"{path}/{app['id']}", a_token(admin)).status == 204

    def test_guesses_are_slowed_down(self) -> None:
        app = an_app(a_user(), secret="chosen by somebody")
        seen = {with_app(app["id"], f"guess {n}").status for n in range(12)}
        assert seen == {401, 429}


class TestAccessRules:
    """The only calls that a token may make."""

    RULES = ({"service": "identity", "method": "GET", "path": "/v3/users/*/projects"},)

    def test_only_calls_that_are_named_get_through(self) -> None:
        user = a_user()
        app = an_app(user, access_rules=list(self.RULES))
        assert app["access_rules"][0]["path"] == "/v3/users/*/projects"
        got = with_app(app["id"], app["secret"])
        rules = got.json["token"]["application_credential"]["access_rules"]
        assert [rule["service"] for rule in rules] == ["identity"]
        assert call("GET", f"/users/{user.uuid}/projects", got.token).status == 200
        assert call("GET", f"/users/{user.uuid}", got.token).status == 403
        assert call("GET", "/auth/projects", got.token).status == 403
        assert call("GET", "/astakos/account/v1.0/quotas", got.token).status == 403
        assert call("GET", "/astakos/ui/token", got.token).status in {403, 404, 405}

    def test_the_rules_hold_for_what_its_token_leads_to(self) -> None:
        app = an_app(user := a_user(), access_rules=list(self.RULES))
        second = with_token(with_app(app["id"], app["secret"]).token).token
        assert call("GET", "/auth/projects", second).status == 403
        old = {"auth": {"token": {"id": second}}}
        assert call("POST", "/astakos/identity/v2.0/tokens", body=old).status == 401
        assert call("GET", f"/users/{user.uuid}/projects", second).status == 200

    def test_a_service_that_keeps_no_rules_never_sees_such_a_token(self) -> None:
        app = an_app(a_user(), access_rules=list(self.RULES))
        token = with_app(app["id"], app["secret"]).token
        _, service = a_component("elsewhere")
        ask = {"X_Subject_Token": token}
        assert call("GET", "/auth/tokens", service, **ask).status == 404
        keeping = {**ask, "OpenStack_Identity_Access_Rules": "1.0"}
        told = call("GET", "/auth/tokens", service, **keeping)
        assert told.json["token"]["application_credential"]["access_rules"]

    def test_rules_are_listed_shown_shared_and_deleted_when_free(self) -> None:
        user = a_user()
        token = a_token(user)
        app = an_app(user, access_rules=list(self.RULES))
        an_app(user, name="second", access_rules=[{"id": app["access_rules"][0]["id"]}])
        path = f"/users/{user.uuid}/access_rules"
        listed = call("GET", path, token).json["access_rules"]
        assert len(listed) == 1
        rule = f"{path}/{listed[0]['id']}"
        assert call("GET", rule, token).json["access_rule"]["service"] == "identity"
        assert call("DELETE", rule, token).status == 403
        for row in ApplicationCredential.objects.filter(user=user):
            call("DELETE", f"/users/{user.uuid}/application_credentials/{row.uuid}", token)
        assert call("DELETE", rule, token).status == 204
        assert call("GET", rule, token).status == 404

    @pytest.mark.parametrize("wrong", [{"service": "compute"}, {"id": "none"}, {}])
    def test_wrong_rules_are_refused(self, wrong: dict[str, str]) -> None:
        user = a_user()
        body = {"application_credential": {"name": "x", "access_rules": [wrong]}}
        path = f"/users/{user.uuid}/application_credentials"
        assert call("POST", path, a_token(user), body).status in {400, 404}
