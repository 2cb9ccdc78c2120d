"""Identity v3 by example. Spec: openstack-api 2 to 4."""

import json
from typing import Any

import pytest
from django.test import Client

from synnefo.astakos.domain.definitions import ServiceDef
from synnefo.astakos.models import DATABASE, User, held
from synnefo.astakos.usecases import registry, tokens, users
from synnefo.serve import statements
from tests.support.astakos import PASSWORD, a_component, a_project, a_token, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])
V3 = "/astakos/identity/v3"


def call(method: str, path: str, body: Any = None, *, token: str = "", subject: str = "") -> Any:
    """Send one request."""
    headers = {"X-Auth-Token": token} if token else {}
    if subject:
        headers["X-Subject-Token"] = subject
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body)
    return Client().generic(
        method, V3 + path, data, content_type="application/json", headers=headers
    )


def by_password(user: User, password: str = PASSWORD, **scope: Any) -> Any:
    """Sign in by name and password."""
    person = {"name": user.username, "domain": {"id": "default"}, "password": password}
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": person}}}
    auth.update(scope)
    return call("POST", "/auth/tokens", {"auth": auth})


def by_token(token: str, **scope: Any) -> Any:
    """Sign in by a token."""
    auth = {"identity": {"methods": ["token"], "token": {"id": token}}, **scope}
    return call("POST", "/auth/tokens", {"auth": auth})


class TestSigningIn:
    """POST /auth/tokens."""

    def test_a_password_gets_a_token_for_the_default_project(self) -> None:
        user = a_user("ada@example.org")
        answer = by_password(user)
        assert answer.status_code == 201
        told = answer.json()["token"]
        assert told["user"] == {
            "id": user.uuid,
            "name": "ada@example.org",
            "domain": {"id": "default", "name": "Default"},
            "password_expires_at": None,
        }
        assert told["project"]["id"] == user.uuid
        assert [role["name"] for role in told["roles"]] == ["member", "reader"]
        assert told["methods"] == ["password"]
        assert told["expires_at"].endswith("Z")
        assert answer.headers["Vary"] == "X-Auth-Token"
        token = answer.headers["X-Subject-Token"]
        assert len(token) == 43
        shown = call("GET", "/auth/tokens", token=token, subject=token)
        assert shown.json()["token"]["audit_ids"] == told["audit_ids"]

    def test_an_administrator_has_the_role_admin(self) -> None:
        roles = by_password(a_user(admin=True)).json()["token"]["roles"]
        assert "admin" in [role["name"] for role in roles]

    @pytest.mark.parametrize("domain", [{"id": "default"}, {"name": "Default"}, None])
    def test_a_project_is_named_by_id_or_name(self, domain: dict[str, str] | None) -> None:
        user = a_user()
        project = a_project(user, name="lab.example.org")
        in_domain = {"domain": domain} if domain else {}
        for wanted in ({"id": project.uuid}, {"name": "lab.example.org", **in_domain}):
            told = by_password(user, scope={"project": wanted}).json()["token"]
            assert told["project"]["id"] == project.uuid
        own = by_password(user, scope={"project": {"name": user.username, **in_domain}})
        assert own.json()["token"]["project"]["id"] == user.uuid

    def test_unscoped_tokens_have_neither_project_nor_catalogue(self) -> None:
        for scope in ("unscoped", {"unscoped": {}}):
            told = by_password(a_user(), scope=scope).json()["token"]
            assert not {"project", "catalog", "roles"} & set(told)

    def test_a_token_gets_another_with_the_same_end_and_ancestry(self) -> None:
        user = a_user()
        project = a_project(user)
        first = by_password(user, scope="unscoped")
        token = first.headers["X-Subject-Token"]
        second = by_token(token, scope={"project": {"id": project.uuid}}).json()["token"]
        assert second["expires_at"] == first.json()["token"]["expires_at"]
        assert second["audit_ids"][1] == first.json()["token"]["audit_ids"][0]
        assert second["methods"] == ["token", "password"]

    def test_what_is_wrong_is_never_told_apart(self) -> None:
        user, sleeper = a_user(), a_user()
        users.deactivate(sleeper)
        stranger = User(username="nobody@example.org")
        told = {
            by_password(user, "wrong password").content,
            by_password(sleeper).content,
            by_password(stranger).content,
        }
        assert len(told) == 1
        assert json.loads(told.pop())["error"]["code"] == 401

    def test_projects_of_others_domains_and_the_system_are_refused(self) -> None:
        user, foreign = a_user(), a_project(a_user())
        for scope in (
            {"project": {"id": foreign.uuid}},
            {"project": {"name": "x", "domain": {"id": "other"}}},
            {"domain": {"id": "default"}},
            {"system": {"all": True}},
        ):
            assert by_password(user, scope=scope).status_code == 401

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b'{"auth": 5}',
            b'{"auth": {}}',
            b'{"auth": {"identity": {"methods": "password"}}}',
            b'{"auth": {"identity": {"methods": ["password"]}}}',
            b'{"auth": {"identity": {"methods": ["password"], "password": {"user": {}}}}}',
            b'{"auth": {"identity": {"methods": ["token"]}}}',
        ],
    )
    def test_bodies_that_are_wrong_are_refused(self, body: bytes) -> None:
        answer = call("POST", "/auth/tokens", body)
        assert answer.status_code == 400
        assert answer.json()["error"]["title"] == "Bad Request"

    def test_unknown_methods_are_refused(self) -> None:
        body = {"auth": {"identity": {"methods": ["kerberos"]}}}
        assert call("POST", "/auth/tokens", body).status_code == 401
        assert by_token("x" * 43).status_code == 401

    def test_strange_names_and_passwords_do_no_harm(self) -> None:
        for text in ("", "\x00", "ά" * 5000, "'; DROP TABLE", "\ud83d\ude00"):
            user = User(username=text or "x")
            assert by_password(user, text + "\x00").status_code in {400, 401}

    def test_the_catalogue_is_made_for_the_project(self) -> None:
        _catalogue()
        user = a_user()
        told = by_password(user).json()["token"]["catalog"]
        assert [(one["type"], one["name"]) for one in told] == [("object-store", "swift")]
        endpoint = told[0]["endpoints"][0]
        assert set(endpoint) == {"id", "interface", "region", "region_id", "url"}
        assert endpoint["url"] == f"http://127.0.0.1:8000/pithos/v1/AUTH_{user.uuid}"
        assert {one["interface"] for one in told[0]["endpoints"]} == {
            "public",
            "internal",
            "admin",
        }


def _catalogue() -> None:
    a_component("pithos")
    registry.import_services(
        [
            ServiceDef(
                name="swift",
                type="object-store",
                component="pithos",
                catalog="openstack",
                path="v1/AUTH_%(project_id)s",
            ),
            ServiceDef(name="pithos_object-store", type="object-store", component="pithos"),
        ]
    )


class TestTokens:
    """GET, HEAD and DELETE /auth/tokens."""

    def test_components_and_administrators_check_any_token(self) -> None:
        user, other = a_user(), a_user()
        token = a_token(user)
        _, service = a_component()
        for asker in (service, a_token(a_user(admin=True)), a_token(user)):
            shown = call("GET", "/auth/tokens", token=asker, subject=token)
            assert shown.json()["token"]["user"]["id"] == user.uuid
        refused = call("GET", "/auth/tokens", token=a_token(other), subject=token)
        assert refused.status_code == 404

    def test_head_answers_200_without_a_body(self) -> None:
        token = a_token(a_user())
        answer = call("HEAD", "/auth/tokens", token=token, subject=token)
        assert (answer.status_code, answer.content) == (200, b"")

    def test_the_catalogue_is_left_out_when_not_wanted(self) -> None:
        token = a_token(a_user())
        with_it = call("GET", "/auth/tokens", token=token, subject=token).json()["token"]
        without = call("GET", "/auth/tokens?nocatalog", token=token, subject=token).json()["token"]
        assert "catalog" in with_it
        assert "catalog" not in without

    def test_a_token_that_asks_about_itself_costs_one_query_when_nobody_remembers_it(
        self, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = a_token(a_user())
        fetched: list[str] = []

        def counting(alias: str, sql: str, values: Any) -> Any:
            fetched.append(sql)
            return statements.fetch(alias, sql, values)

        monkeypatch.setattr(held, "fetch", counting)
        tokens.find(token)
        fetched.clear()
        with django_assert_num_queries(0, using=DATABASE):
            tokens.find(token)
        assert len(fetched) == 1

    def test_a_components_own_token_is_told_as_a_service(self) -> None:
        _, service = a_component("cyclades")
        told = call("GET", "/auth/tokens", token=service, subject=service).json()["token"]
        assert told["user"]["name"] == "cyclades"
        assert [role["name"] for role in told["roles"]] == ["service"]

    def test_a_revoked_token_is_worth_nothing(self) -> None:
        user = a_user()
        token, other = a_token(user), a_token(user)
        assert call("DELETE", "/auth/tokens", token=token, subject=token).status_code == 204
        assert call("GET", "/auth/projects", token=token).status_code == 401
        assert call("GET", "/auth/tokens", token=other, subject=token).status_code == 404
        assert call("DELETE", "/auth/tokens", token=other, subject=token).status_code == 404

    def test_strangers_cannot_revoke(self) -> None:
        token = a_token(a_user())
        answer = call("DELETE", "/auth/tokens", token=a_token(a_user()), subject=token)
        assert answer.status_code == 404
        assert call("GET", "/auth/projects", token=token).status_code == 200

    def test_headers_that_miss_are_named(self) -> None:
        token = a_token(a_user())
        assert call("GET", "/auth/tokens", token=token).status_code == 400
        answer = call("GET", "/auth/tokens", subject=token)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith('Keystone uri="http')


class TestDirectory:
    """Users, projects, domains, roles."""

    def test_people_see_themselves_and_their_projects(self) -> None:
        user, other = a_user("ada@example.org"), a_user()
        shared, foreign = a_project(user, name="lab.example.org"), a_project(other)
        token = a_token(user)
        mine = f"/users/{user.uuid}/projects"
        for path in ("/auth/projects", mine):
            listed = call("GET", path, token=token).json()
            assert {one["id"] for one in listed["projects"]} == {user.uuid, shared.uuid}
            assert listed["links"]["next"] is None
        named = call("GET", f"{mine}?name=lab.example.org", token=token).json()["projects"]
        assert [one["id"] for one in named] == [shared.uuid]
        own = call("GET", f"{mine}?name=ada@example.org", token=token).json()["projects"]
        assert [one["id"] for one in own] == [user.uuid]
        assert call("GET", f"/projects/{shared.uuid}", token=token).status_code == 200
        for hidden in (foreign.uuid, other.uuid, "lab.example.org"):
            assert call("GET", f"/projects/{hidden}", token=token).status_code == 404
        assert call("GET", f"/users/{user.uuid}", token=token).json()["user"]["email"]
        assert call("GET", f"/users/{other.uuid}", token=token).status_code == 404
        assert call("GET", f"/users/{other.uuid}/projects", token=token).status_code == 403
        for noun in ("/users", "/projects"):
            found = call("GET", f"{noun}?name=ADA@example.org", token=token).json()[noun[1:]]
            assert [one["id"] for one in found] == [user.uuid]
            for query in ("", "?name=", f"?name={other.username}", f"?name={foreign.realname}"):
                assert call("GET", f"{noun}{query}", token=token).status_code == 403

    def test_administrators_see_all(self) -> None:
        admin, user = a_user(admin=True), a_user("ada@example.org")
        token = a_token(admin)
        assert len(call("GET", "/projects", token=token).json()["projects"]) == 2
        found = call("GET", "/users?name=ADA@example.org", token=token).json()["users"]
        assert [one["id"] for one in found] == [user.uuid]
        mine = call("GET", f"/users/{user.uuid}/projects", token=token).json()["projects"]
        assert [one["id"] for one in mine] == [user.uuid]
        assert call("GET", "/projects?domain_id=other", token=token).json()["projects"] == []

    def test_the_default_project_comes_first_on_a_login_screen(self) -> None:
        user = a_user()
        a_project(user)
        token = by_password(user, scope="unscoped").headers["X-Subject-Token"]
        listed = call("GET", "/auth/projects", token=token).json()["projects"]
        assert listed[0]["id"] == user.uuid
        assert len(listed) == 2

    def test_there_is_one_domain(self) -> None:
        token = a_token(a_user())
        assert call("GET", "/domains/default", token=token).json()["domain"]["name"] == "Default"
        assert call("GET", "/domains/other", token=token).status_code == 404
        assert call("GET", "/auth/domains", token=token).json()["domains"] == []

    def test_roles_are_found_by_name(self) -> None:
        token = a_token(a_user())
        role = call("GET", "/roles?name=ADMIN", token=token).json()["roles"][0]
        shown = call("GET", f"/roles/{role['id']}", token=token).json()["role"]
        assert shown["name"] == "admin"

    def test_a_new_password_ends_the_tokens(self) -> None:
        user = a_user()
        token = a_token(user)
        path = f"/users/{user.uuid}/password"
        body = {"user": {"original_password": PASSWORD, "password": "another password"}}
        wrong = {"user": {"original_password": "wrong", "password": "another password"}}
        assert call("POST", path, wrong, token=token).status_code == 401
        assert call("POST", path, wrong, token=a_token(a_user(admin=True))).status_code == 401
        assert call("POST", path, body).status_code == 204
        assert call("GET", "/auth/projects", token=token).status_code == 401
        assert by_password(user, "another password").status_code == 201

    def test_the_registry_is_for_administrators(self) -> None:
        _catalogue()
        for path in ("/services", "/endpoints"):
            assert call("GET", path, token=a_token(a_user())).status_code == 403
        token = a_token(a_user(admin=True))
        assert len(call("GET", "/services?type=object-store", token=token).json()["services"]) == 1
        public = call("GET", "/endpoints?interface=public", token=token).json()["endpoints"]
        assert len(public) == 1
        assert call("GET", "/regions/default", token=token).status_code == 200


class TestDiscovery:
    """Documents that need no token."""

    @pytest.mark.parametrize("slash", ["", "/"])
    def test_versions_are_told(self, slash: str) -> None:
        client = Client()
        both = client.get(f"/astakos/identity{slash}").json()["versions"]["values"]
        assert [one["id"] for one in both] == ["v3.14", "v2.0"]
        assert client.get(f"{V3}{slash}").json()["version"]["status"] == "stable"
        assert client.get(f"/astakos/identity/v2.0{slash}").json()["version"]["id"] == "v2.0"

    @pytest.mark.parametrize(
        "path",
        [
            "/auth/catalog",
            "/auth/projects",
            "/auth/domains",
            "/auth/system",
            "/projects",
            "/projects/x",
            "/users",
            "/users/x",
            "/users/x/projects",
            "/domains",
            "/domains/default",
            "/roles",
            "/roles/x",
            "/services",
            "/endpoints",
            "/regions",
        ],
    )
    def test_everything_else_needs_a_token(self, path: str) -> None:
        assert call("GET", path).status_code == 401
        assert call("GET", path, token="x" * 43).status_code == 401

    def test_a_component_has_no_projects_of_its_own(self) -> None:
        _, service = a_component()
        assert call("GET", "/auth/projects", token=service).status_code == 401
        assert call("GET", "/projects", token=service).status_code == 403
