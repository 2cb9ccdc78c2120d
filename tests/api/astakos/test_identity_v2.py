"""Identity v2.0 by example: the platform's own clients and generic ones. Spec: identity 6."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from synnefo.astakos.domain.definitions import ServiceDef
from synnefo.astakos.models import DATABASE, User
from synnefo.astakos.usecases import registry, tokens, users
from tests.support.astakos import PASSWORD, a_component, a_project, a_token, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])
V2 = "/astakos/identity/v2.0"
XML = "http://docs.openstack.org/identity/api/v2.0"


def post(auth: Any) -> Any:
    """Send `POST /tokens` with a body."""
    return Client().post(f"{V2}/tokens", json.dumps({"auth": auth}), "application/json")


def credentials(user: User, password: str, **more: str) -> Any:
    """Sign in by a name or uuid and a password or token."""
    given = {"username": user.username, "password": password}
    return post({"passwordCredentials": given, **more})


class TestTokens:
    """POST /tokens in its three modes."""

    def test_without_a_body_only_the_platforms_catalogue_is_shown(self) -> None:
        a_component("astakos")
        registry.import_services(
            [
                ServiceDef(
                    name="astakos_account",
                    type="account",
                    component="astakos",
                    prefix="account",
                    endpoints=[{"versionId": "v1.0", "publicURL": None}],
                ),
                ServiceDef(
                    name="keystone", type="identity", component="astakos", catalog="openstack"
                ),
            ]
        )
        access = Client().generic("POST", f"{V2}/tokens").json()["access"]
        assert set(access) == {"serviceCatalog"}
        assert [service["name"] for service in access["serviceCatalog"]] == ["astakos_account"]
        endpoint = access["serviceCatalog"][0]["endpoints"][0]
        assert endpoint["publicURL"] == "http://127.0.0.1:8000/astakos/account/v1.0"
        assert endpoint["versionId"] == "v1.0"
        assert endpoint["region"] == "default"

    def test_a_token_shows_everything_about_its_holder(self) -> None:
        user = a_user("ada@example.org")
        project = a_project(user)
        issued = tokens.renew(user)
        access = post({"token": {"id": issued.id}}).json()["access"]
        assert access["token"]["id"] == issued.id
        assert access["token"]["tenant"] == {"id": user.uuid, "name": "Ada Example"}
        assert access["user"]["id"] == user.uuid
        assert set(access["user"]["projects"]) == {user.uuid, project.uuid}
        assert access["user"]["roles_links"] == []

    def test_a_uuid_and_a_token_are_credentials(self) -> None:
        user = a_user()
        token = a_token(user)
        given = {"username": user.uuid, "password": token}
        assert post({"passwordCredentials": given}).json()["access"]["token"]["id"] == token
        stranger = {"username": a_user().uuid, "password": token}
        assert post({"passwordCredentials": stranger}).status_code == 401

    def test_a_name_and_a_password_make_a_token_for_a_tenant(self) -> None:
        user = a_user()
        project = a_project(user, name="lab.example.org")
        for chosen in ({"tenantName": "lab.example.org"}, {"tenantId": project.uuid}):
            access = credentials(user, PASSWORD, **chosen).json()["access"]
            assert access["token"]["tenant"]["id"] == project.uuid
            assert tokens.find(access["token"]["id"]).user == user
        assert credentials(user, PASSWORD).json()["access"]["token"]["tenant"]["id"] == user.uuid

    def test_a_tenant_that_is_not_ones_own_is_refused(self) -> None:
        user = a_user()
        auth = {"token": {"id": a_token(user)}, "tenantName": a_user().uuid}
        assert post(auth).status_code == 400
        assert post({**auth, "tenantName": user.uuid}).status_code == 200

    def test_wrong_tokens_and_passwords_are_refused(self) -> None:
        user, sleeper = a_user(), a_user()
        token = a_token(sleeper)
        users.deactivate(sleeper)
        assert post({"token": {"id": "x" * 43}}).status_code == 401
        assert post({"token": {"id": token}}).status_code == 401
        assert credentials(user, "wrong password").status_code == 401

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[]",
            b"{}",
            b'{"auth": {}}',
            b'{"auth": {"token": {"id": null}}}',
            b'{"auth": {"token": "x"}}',
            b'{"auth": {"passwordCredentials": {"username": "x"}}}',
        ],
    )
    def test_bodies_that_are_wrong_are_refused(self, body: bytes) -> None:
        answer = Client().post(f"{V2}/tokens", body, "application/json")
        assert answer.status_code == 400
        assert answer.json()["badRequest"]["code"] == 400

    def test_other_methods_are_not_allowed(self) -> None:
        assert Client().put(f"{V2}/tokens").status_code == 405


class TestReading:
    """GET tokens, tenants, endpoints."""

    def test_tenants_begin_with_the_default_project(self) -> None:
        user = a_user("ada@example.org")
        project = a_project(user, name="lab.example.org")
        headers = {"X-Auth-Token": a_token(user)}
        listed = Client().get(f"{V2}/tenants", headers=headers).json()["tenants"]
        assert [(one["id"], one["name"]) for one in listed] == [
            (user.uuid, "ada@example.org"),
            (project.uuid, "lab.example.org"),
        ]
        assert Client().get(f"{V2}/tenants").status_code == 401

    def test_a_token_is_shown_to_its_holder_and_to_components(self) -> None:
        token = a_token(a_user())
        _, service = a_component()
        for asker, status in ((token, 200), (service, 200), (a_token(a_user()), 404), ("", 404)):
            answer = Client().get(f"{V2}/tokens/{token}", headers={"X-Auth-Token": asker})
            assert answer.status_code == status
        answer = Client().get(f"{V2}/tokens/nothing", headers={"X-Auth-Token": service})
        assert answer.status_code == 404

    def test_endpoints_are_listed_flat(self) -> None:
        a_component("astakos")
        service = ServiceDef(
            name="astakos_account",
            type="account",
            component="astakos",
            endpoints=[{"versionId": "v1.0", "publicURL": None}],
        )
        registry.import_services([service])
        token = a_token(a_user())
        answer = Client().get(f"{V2}/tokens/{token}/endpoints", headers={"X-Auth-Token": token})
        assert answer.json()["endpoints"][0]["type"] == "account"

    def test_an_unknown_address_is_a_bad_request(self) -> None:
        assert Client().get(f"{V2}/nothing").status_code == 400


class TestXml:
    """XML, where a client asks for it. Spec: identity 5, 6.2."""

    def test_a_token_is_told_in_xml(self) -> None:
        user = a_user()
        body = {"auth": {"token": {"id": a_token(user)}}}
        for path, accept in (
            ("/tokens", "application/xml"),
            ("/tokens.xml", "application/json"),
            ("/tokens.json?format=xml", ""),
        ):
            answer = _ask(path, body, accept)
            assert answer.headers["Content-Type"] == "application/xml; charset=UTF-8"
            root = ElementTree.fromstring(answer.content)
            assert root.tag == f"{{{XML}}}access"
            shown = root.find(f"{{{XML}}}token/{{{XML}}}tenant")
            assert shown is not None
            assert shown.attrib["id"] == user.uuid
            holder = root.find(f"{{{XML}}}user")
            assert holder is not None
            assert (holder.attrib["id"], "projects" in holder.attrib) == (user.uuid, False)

    def test_the_catalogue_is_told_in_xml(self) -> None:
        a_component("pithos")
        registry.import_services(
            [
                ServiceDef(
                    name="pithos_object-store",
                    type="object-store",
                    component="pithos",
                    prefix="object-store",
                    endpoints=[{"versionId": "v1"}],
                )
            ]
        )
        root = ElementTree.fromstring(_ask("/tokens", None, "application/xml").content)
        [service] = root.findall(f"{{{XML}}}serviceCatalog/{{{XML}}}service")
        assert service.attrib == {"name": "pithos_object-store", "type": "object-store"}
        [endpoint] = service.findall(f"{{{XML}}}endpoint")
        assert endpoint.attrib["publicURL"].endswith("/pithos/object-store/v1")
        assert endpoint.attrib["region"] == "default"

    def test_faults_are_told_in_xml_too(self) -> None:
        wrong = {"auth": {"token": {"id": "x" * 43}}}
        answer = _ask("/tokens", wrong, "application/xml, application/json")
        root = ElementTree.fromstring(answer.content)
        assert (answer.status_code, root.tag) == (401, f"{{{XML}}}unauthorized")
        assert root.attrib["code"] == "401"
        assert root.findtext(f"{{{XML}}}message")

    def test_json_is_told_to_all_others(self) -> None:
        wrong = {"auth": {"token": {"id": "x" * 43}}}
        for accept in ("", "*/*", "application/json, application/xml", "text/html"):
            answer = _ask("/tokens", wrong, accept)
            assert json.loads(answer.content)["unauthorized"]["code"] == 401
        answer = _ask("/tokens?format=json", wrong, "application/xml")
        assert json.loads(answer.content)["unauthorized"]["code"] == 401


def _ask(path: str, body: object, accept: str) -> Any:
    data = b"" if body is None else json.dumps(body)
    headers = {"Accept": accept} if accept else {}
    where = f"/astakos/identity/v2.0{path}"
    return Client().generic("POST", where, data, content_type="application/json", headers=headers)
