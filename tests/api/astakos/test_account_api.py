"""The account API by example: commissions, quotas, catalogues. Spec: identity 7, 8."""

import json
from typing import Any

import pytest
from django.test import Client

from synnefo.astakos.domain.definitions import ServiceDef
from synnefo.astakos.models import DATABASE, User
from synnefo.astakos.usecases import registry
from tests.support.astakos import a_component, a_project, a_resource, a_token, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])
VM = "cyclades.vm"
BASE = "/astakos/account/v1.0"


class World:
    """A component with a resource, and a user with a limit of five."""

    def __init__(self) -> None:
        _, self.service_token = a_component("cyclades")
        registry.import_services(
            [ServiceDef(name="cyclades_compute", type="compute", component="cyclades")]
        )
        a_resource(VM, limit=5)
        self.user = a_user("ada@example.org")
        self.token = a_token(self.user)
        self.client = Client()

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **extra: str
    ) -> Any:
        """Send a request as the component unless another token is given."""
        headers = {"X-Auth-Token": self.service_token if token is None else token, **extra}
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body)
        return self.client.generic(
            method, BASE + path, data, content_type="application/json", headers=headers
        )

    def provisions(self, quantity: Any, user: User | None = None) -> list[dict[str, Any]]:
        """Charge a user and the user's own project."""
        uuid = (user or self.user).uuid
        return [
            {
                "holder": f"user:{uuid}",
                "source": f"project:{uuid}",
                "resource": VM,
                "quantity": quantity,
            },
            {"holder": f"project:{uuid}", "source": None, "resource": VM, "quantity": quantity},
        ]

    def issue(self, quantity: int, **options: Any) -> Any:
        """Ask for a commission."""
        body = {"provisions": self.provisions(quantity), **options}
        return self.call("POST", "/commissions", body)


@pytest.fixture
def world() -> World:
    """Make the world of these tests."""
    return World()


class TestCommissions:
    """Issue, list, show, resolve."""

    def test_a_commission_lives_from_issue_to_verdict(self, world: World) -> None:
        answer = world.issue(2, name="create vm")
        assert answer.status_code == 201
        serial = answer.json()["serial"]
        assert world.call("GET", "/commissions").json() == [serial]
        shown = world.call("GET", f"/commissions/{serial}").json()
        assert shown["name"] == "create vm"
        assert shown["provisions"] == world.provisions(2)
        assert shown["issue_time"].endswith("+00:00") or shown["issue_time"].endswith("Z")
        mine = world.call("GET", "/quotas", token=world.token).json()[world.user.uuid][VM]
        assert (mine["usage"], mine["pending"], mine["project_usage"]) == (2, 2, 2)
        done = world.call("POST", f"/commissions/{serial}/action", {"accept": ""})
        assert (done.status_code, done.content) == (200, b"")
        again = world.call("POST", f"/commissions/{serial}/action", {"accept": ""})
        assert (again.status_code, again.content) == (404, b"")
        gone = world.call("GET", f"/commissions/{serial}")
        assert (gone.status_code, gone.content) == (404, b"")

    def test_the_refusal_over_a_limit_is_as_specified(self, world: World) -> None:
        world.issue(5)
        answer = world.issue(6)
        assert answer.status_code == 413
        told = answer.json()["overLimit"]
        assert told["code"] == 413
        assert VM in told["message"]
        assert told["data"] == {
            "name": "NoCapacityError",
            "provision": world.provisions(6)[0],
            "limit": 5,
            "usage": 5,
        }

    def test_a_release_below_zero_is_refused_even_with_force(self, world: World) -> None:
        answer = world.issue(-1, force=True)
        assert answer.status_code == 413
        data = answer.json()["overLimit"]["data"]
        assert (data["name"], data["limit"], data["usage"]) == ("NoQuantityError", 0, 0)
        assert data["provision"]["quantity"] == -1

    def test_an_unknown_holding_is_not_found(self, world: World) -> None:
        body = {"provisions": [{**world.provisions(1)[0], "resource": "cyclades.moon"}]}
        answer = world.call("POST", "/commissions", body)
        assert answer.status_code == 404
        assert answer.json()["itemNotFound"]["data"]["name"] == "NoHoldingError"

    def test_force_and_auto_accept(self, world: World) -> None:
        assert world.issue(9, force=True, auto_accept=True).status_code == 201
        assert world.call("GET", "/commissions").json() == []
        mine = world.call("GET", "/quotas", token=world.token).json()[world.user.uuid][VM]
        assert (mine["usage"], mine["pending"]) == (9, 0)

    @pytest.mark.parametrize(
        "body",
        [
            b"not json",
            b"[]",
            b'"text"',
            b"null",
            b"\xff\xfe",
            b"{}",
            b'{"provisions": {}}',
            b'{"provisions": [{}]}',
            b'{"provisions": [{"holder": "u", "source": "p", "resource": "r"}]}',
            b'{"provisions": [{"holder":"u","source":"p","resource":"r","quantity":"1"}]}',
            b'{"provisions": [{"holder":"u","source":"p","resource":"r","quantity":true}]}',
            b'{"provisions": [{"holder":"u","source":"p","resource":"r","quantity":1.5}]}',
            b'{"provisions": [{"holder":1,"source":"p","resource":"r","quantity":1}]}',
            b'{"provisions": [{"holder":"u","source":"p","resource":"r","quantity":1e400}]}',
            b'{"provisions": [], "force": 1}',
            b'{"provisions": [], "auto_accept": "yes"}',
            b'{"provisions": [], "name": 5}',
        ],
    )
    def test_bodies_that_are_wrong_are_refused(self, world: World, body: bytes) -> None:
        answer = world.call("POST", "/commissions", body)
        assert answer.status_code == 400
        assert answer.json()["badRequest"]["code"] == 400

    def test_a_quantity_too_large_to_count_is_refused(self, world: World) -> None:
        assert world.issue(2**63).status_code in {400, 413}
        assert world.issue(2**70, force=True).status_code in {400, 413}
        assert world.issue(-(2**63), force=True).status_code in {400, 413}

    def test_a_body_must_say_that_it_is_json(self, world: World) -> None:
        answer = world.client.post(
            f"{BASE}/commissions",
            b'{"provisions": []}',
            content_type="text/plain",
            headers={"X-Auth-Token": world.service_token},
        )
        assert answer.status_code == 400

    def test_many_serials_are_resolved_at_once_and_failures_told(self, world: World) -> None:
        accept, reject, both = (world.issue(1).json()["serial"] for _ in range(3))
        answer = world.call(
            "POST",
            "/commissions/action",
            {"accept": [accept, both, 10**6], "reject": [reject, both]},
        ).json()
        assert (answer["accepted"], answer["rejected"]) == ([accept], [reject])
        assert {serial: next(iter(why)) for serial, why in answer["failed"]} == {
            both: "badRequest",
            10**6: "itemNotFound",
        }

    def test_serials_beyond_all_numbers_are_just_unknown(self, world: World) -> None:
        huge = 2**80
        answer = world.call("POST", "/commissions/action", {"accept": [huge], "reject": [-1]})
        assert [serial for serial, _ in answer.json()["failed"]] == [huge, -1]
        assert world.call("GET", f"/commissions/{huge}").status_code == 404

    @pytest.mark.parametrize("body", [{}, {"accept": "", "reject": ""}, {"delete": ""}])
    def test_one_serial_needs_exactly_one_verdict(
        self, world: World, body: dict[str, str]
    ) -> None:
        serial = world.issue(1).json()["serial"]
        assert world.call("POST", f"/commissions/{serial}/action", body).status_code == 400

    @pytest.mark.parametrize("body", [{"accept": "all"}, {"reject": [True]}, {"accept": ["1"]}])
    def test_serials_are_numbers(self, world: World, body: dict[str, Any]) -> None:
        assert world.call("POST", "/commissions/action", body).status_code == 400

    def test_another_component_cannot_see_or_resolve_it(self, world: World) -> None:
        serial = world.issue(1).json()["serial"]
        _, other = a_component("pithos")
        assert world.call("GET", "/commissions", token=other).json() == []
        assert world.call("GET", f"/commissions/{serial}", token=other).status_code == 404
        action = f"/commissions/{serial}/action"
        assert world.call("POST", action, {"accept": ""}, token=other).status_code == 404
        assert world.call("GET", "/commissions").json() == [serial]


class TestQuotas:
    """What users and components see."""

    def test_resources_need_no_token(self, world: World) -> None:
        shown = world.client.get(f"{BASE}/resources").json()
        assert shown[VM]["service"] == "cyclades_compute"
        assert shown[VM]["allow_in_projects"] is True

    def test_a_component_sees_its_own_resources_of_all_or_some(self, world: World) -> None:
        a_resource_of_pithos()
        shared = a_project(world.user, limit=3)
        found = world.call("GET", "/service_quotas").json()
        assert set(found) == {world.user.uuid}
        assert set(found[world.user.uuid][shared.uuid]) == {VM}
        some = world.call("GET", f"/service_quotas?project={shared.uuid}").json()
        assert set(some[world.user.uuid]) == {shared.uuid}
        assert world.call("GET", "/service_quotas?user=nobody").status_code == 404

    def test_a_component_sees_projects(self, world: World) -> None:
        found = world.call("GET", "/service_project_quotas").json()
        assert found[world.user.uuid][VM]["project_limit"] == 5
        assert world.call("GET", "/service_project_quotas?project=none").status_code == 404


def a_resource_of_pithos() -> None:
    """Register a resource of another component."""
    a_component("pithos")
    registry.import_services(
        [ServiceDef(name="pithos_object-store", type="x", component="pithos")]
    )
    resource = a_resource("pithos.diskspace")
    resource.service_origin = "pithos_object-store"
    resource.save()


class TestPeople:
    """Catalogues and the account."""

    def test_uuids_and_names_are_translated(self, world: World) -> None:
        body = {"uuids": [world.user.uuid, "x"], "displaynames": ["ADA@example.org", "y"]}
        for path, token in (("/user_catalogs", world.token), ("/service/user_catalogs", None)):
            assert world.call("POST", path, body, token=token).json() == {
                "uuid_catalog": {world.user.uuid: "ada@example.org"},
                "displayname_catalog": {"ADA@example.org": world.user.uuid},
            }

    def test_null_means_all_to_components_and_none_to_users(self, world: World) -> None:
        body = {"uuids": None, "displaynames": None}
        empty = {"uuid_catalog": {}, "displayname_catalog": {}}
        assert world.call("POST", "/user_catalogs", body, token=world.token).json() == empty
        told = world.call("POST", "/service/user_catalogs", body).json()
        assert told["uuid_catalog"] == {world.user.uuid: "ada@example.org"}

    @pytest.mark.parametrize("body", [b"[]", b"{", b'{"uuids": "x"}', b'{"displaynames": [1]}'])
    def test_wrong_lookups_are_refused(self, world: World, body: bytes) -> None:
        assert world.call("POST", "/user_catalogs", body, token=world.token).status_code == 400

    def test_the_oldest_clients_are_told_who_they_are(self, world: World) -> None:
        told = world.call("GET", "/authenticate", token=world.token).json()
        assert (told["uuid"], told["email"]) == (world.user.uuid, ["ada@example.org"])
        assert told["auth_token"] == world.token
        assert told["auth_token_expires"] > told["auth_token_created"]

    def test_the_default_project_can_be_chosen_among_ones_own(self, world: World) -> None:
        mine, foreign = a_project(world.user), a_project(a_user())
        path = "/myaccount/default_project"
        answer = world.call("POST", path, {"project_id": mine.uuid}, token=world.token)
        assert answer.status_code == 200
        world.user.refresh_from_db()
        assert world.user.default_project == mine
        for wrong, status in ((foreign.uuid, 404), ("none", 404), (None, 403)):
            answer = world.call("POST", path, {"project_id": wrong}, token=world.token)
            assert answer.status_code == status


class TestRules:
    """What all calls keep."""

    USER = [
        ("GET", "/quotas"),
        ("POST", "/user_catalogs"),
        ("GET", "/authenticate"),
        ("POST", "/myaccount/default_project"),
    ]
    COMPONENT = [
        ("GET", "/service_quotas"),
        ("GET", "/service_project_quotas"),
        ("POST", "/commissions"),
        ("GET", "/commissions"),
        ("GET", "/commissions/1"),
        ("POST", "/commissions/1/action"),
        ("POST", "/commissions/action"),
        ("POST", "/service/user_catalogs"),
    ]

    @pytest.mark.parametrize(("method", "path"), USER + COMPONENT)
    def test_without_a_token_or_with_a_wrong_one_nothing_is_told(
        self, world: World, method: str, path: str
    ) -> None:
        assert world.call(method, path, {}, token="").status_code == 401
        answer = world.call(method, path, {}, token="x" * 43)
        assert answer.status_code == 401
        assert "unauthorized" in answer.json()

    @pytest.mark.parametrize(("method", "path"), COMPONENT)
    def test_a_users_token_is_not_a_components(self, world: World, method: str, path: str) -> None:
        body = {"accept": "", "provisions": []} if "action" not in path else {}
        for token in (world.token, a_token(a_user(admin=True))):
            assert world.call(method, path, body, token=token).status_code == 401

    @pytest.mark.parametrize(("method", "path"), USER)
    def test_a_components_token_is_not_a_users(self, world: World, method: str, path: str) -> None:
        assert world.call(method, path, {"project_id": "x"}).status_code == 401

    def test_the_token_may_come_in_the_query(self, world: World) -> None:
        answer = world.client.get(f"{BASE}/quotas?X-Auth-Token={world.token}")
        assert answer.status_code == 200

    def test_unknown_addresses_and_methods(self, world: World) -> None:
        assert "badRequest" in world.call("GET", "/nothing/here").json()
        answer = world.call("DELETE", "/quotas")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
