"""The client library in its old shape, against the real service. Spec: identity 19."""

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest

import astakosclient
from astakosclient import AstakosClient, errors
from synnefo.astakos.domain.definitions import ServiceDef
from synnefo.astakos.models import DATABASE, OAuthToken
from synnefo.astakos.usecases import oauth_clients, registry
from synnefo.clients import http
from synnefo.kit.clock import now
from synnefo.serve.http.nested import in_process
from tests.support.astakos import a_component, a_project, a_resource, a_token, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)
BASE = "http://127.0.0.1:8000/astakos"
AUTH = f"{BASE}/identity/v2.0"
VM = "cyclades.vm"


@pytest.fixture
def _service() -> Iterator[None]:
    """Serve Astakos in this process, with its own services and a resource."""
    http.mount(BASE, in_process(WSGIHandler()))
    registry.add_component("astakos", base_url=BASE, ui_url=f"{BASE}/ui/")
    for name, kind, prefix, version in (
        ("astakos_account", "account", "account", "v1.0"),
        ("astakos_identity", "identity", "identity", "v2.0"),
        ("astakos_oauth2", "astakos_auth", "oauth2", ""),
    ):
        url = f"{BASE}/{prefix}/{version}".rstrip("/")
        endpoint: dict[str, str | bool | None] = {"versionId": version, "publicURL": url}
        registry.import_services(
            [ServiceDef(name=name, type=kind, component="astakos", endpoints=[endpoint])]
        )
    yield
    http.unmount(BASE)


@pytest.fixture
def component(_service: None) -> AstakosClient:
    """Call as the component cyclades, which has one resource."""
    _, token = a_component("cyclades")
    endpoints: list[dict[str, str | bool | None]] = [{"versionId": "v2.0"}]
    registry.import_services(
        [
            ServiceDef(
                name="cyclades_compute",
                type="compute",
                component="cyclades",
                endpoints=endpoints,
                prefix="compute",
            )
        ]
    )
    a_resource(VM, limit=5)
    return AstakosClient(token, AUTH)


@pytest.mark.usefixtures("_service")
class TestPeople:
    """Who is who."""

    def test_a_token_tells_its_holder(self) -> None:
        user = a_user("ada@example.org")
        client = AstakosClient(a_token(user), AUTH)
        found = client.authenticate()
        assert found["access"]["user"]["id"] == user.uuid
        assert client.account_url == f"{BASE}/account/v1.0"

    def test_a_wrong_token_is_refused(self) -> None:
        with pytest.raises(errors.Unauthorized) as caught:
            AstakosClient("x" * 43, AUTH).authenticate()
        assert caught.value.status == 401
        assert caught.value.message

    def test_names_and_uuids_are_looked_up(self, component: AstakosClient) -> None:
        user = a_user("ada@example.org")
        client = AstakosClient(a_token(user), AUTH)
        for one in (client.get_username, component.service_get_username):
            assert one(user.uuid) == "ada@example.org"
            with pytest.raises(errors.NoUserName):
                one("nobody")
        for other in (client.get_uuid, component.service_get_uuid):
            assert other("Ada@example.org") == user.uuid
            with pytest.raises(errors.NoUUID):
                other("nobody@example.org")
        assert client.get_usernames([user.uuid, "x"]) == {user.uuid: "ada@example.org"}

    def test_the_default_project_is_chosen(self) -> None:
        user = a_user()
        project = a_project(user)
        client = AstakosClient(a_token(user), AUTH)
        assert client.set_default_project(project.uuid) is None  # type: ignore[func-returns-value]
        user.refresh_from_db()
        assert user.default_project == project
        with pytest.raises(errors.NotFound):
            client.set_default_project("nothing")

    def test_services_and_resources_are_listed(self, component: AstakosClient) -> None:
        assert VM in component.get_resources()
        assert {"astakos", "cyclades"} <= {one["name"] for one in component.get_services()}

    def test_an_oauth_client_gets_and_checks_a_token(self) -> None:
        user = a_user()
        view = oauth_clients.add(
            oauth_clients.NewClient(
                identifier="view", secret="s", is_trusted=True, urls=["https://v.org/view"]
            )
        )
        client = AstakosClient(a_token(user), AUTH)
        with pytest.raises(errors.BadRequest):
            client.get_token("authorization_code", "view", "s", code="wrong")
        OAuthToken.objects.create(
            digest="0" * 64, user=user, client=view, expires_at=now(), scope="x"
        )
        with pytest.raises(errors.NotFound):
            client.validate_token("nothing", belongs_to="x")


@pytest.mark.usefixtures("_service")
class TestCommissions:
    """Quota."""

    def test_one_is_issued_shown_and_accepted(self, component: AstakosClient) -> None:
        user = a_user()
        serial = component.issue_one_commission(user.uuid, {(user.uuid, VM): 2}, name="x")
        assert component.get_pending_commissions() == [serial]
        shown = component.get_commission_info(serial)
        assert len(shown["provisions"]) == 2
        component.accept_commission(serial)
        with pytest.raises(errors.NotFound):
            component.accept_commission(serial)
        quotas = component.service_get_quotas(user=user.uuid, project_id=[user.uuid])
        assert quotas[user.uuid][user.uuid][VM]["usage"] == 2
        shown = component.service_get_project_quotas(project=user.uuid)
        assert shown[user.uuid][VM]["project_usage"] == 2
        mine = AstakosClient(a_token(user), AUTH).get_quotas()
        assert mine[user.uuid][VM]["usage"] == 2

    def test_many_are_resolved_at_once(self, component: AstakosClient) -> None:
        user = a_user()
        first, second = (
            component.issue_commission_generic(
                {(user.uuid, user.uuid, VM): 1}, {(user.uuid, VM): 1}
            )
            for _ in range(2)
        )
        told = component.resolve_commissions([first, 10**6], [second])
        assert (told["accepted"], told["rejected"]) == ([first], [second])
        assert told["failed"][0][0] == 10**6

    def test_resources_move_between_projects(self, component: AstakosClient) -> None:
        user = a_user()
        project = a_project(user)
        component.issue_one_commission(user.uuid, {(user.uuid, VM): 2}, auto_accept=True)
        moves = {(user.uuid, project.uuid, VM): 2}
        component.issue_resource_reassignment(user.uuid, moves, auto_accept=True)
        quotas = component.service_get_quotas(user=user.uuid)[user.uuid]
        assert (quotas[user.uuid][VM]["usage"], quotas[project.uuid][VM]["usage"]) == (0, 2)

    def test_a_refusal_says_what_is_left_in_words(self, component: AstakosClient) -> None:
        user = a_user()
        with pytest.raises(errors.QuotaLimit) as caught:
            component.issue_one_commission(user.uuid, {(user.uuid, VM): 6})
        assert caught.value.status == 413
        assert "Virtual Machine" in caught.value.details
        assert "5 available, 6 requested" in caught.value.details


class TestPlain:
    """What needs no service."""

    @pytest.mark.parametrize(
        ("token", "url"), [("", AUTH), ("x", ""), ("x", "ftp://x.org"), ("x", "x.org")]
    )
    def test_what_cannot_be_is_refused(self, token: str, url: str) -> None:
        with pytest.raises(errors.BadValue):
            AstakosClient(token, url)

    def test_catalogues_are_searched(self) -> None:
        endpoints = [{"versionId": "v1.0", "region": "a"}, {"versionId": "v2.0", "region": "b"}]
        entry = {"name": "n", "type": "t", "endpoints": endpoints}
        catalog = {"access": {"serviceCatalog": [entry, {"name": "m", "endpoints": []}]}}
        parse = astakosclient.parse_endpoints
        assert parse(catalog, ep_name="n")[0]["endpoints"] == endpoints
        assert parse(catalog, ep_type="t", ep_region="b")[0]["endpoints"] == endpoints[1:]
        assert parse(catalog, "n", "t", "a", "v1.0")[0]["endpoints"] == endpoints[:1]
        assert len(entry["endpoints"]) == 2
        for missing in ({"ep_name": "x"}, {"ep_version_id": "v9"}):
            with pytest.raises(errors.NoEndpoints):
                parse(catalog, **missing)

    def test_a_cookie_gives_its_token_or_none(self) -> None:
        request = HttpRequest()
        assert astakosclient.get_token_from_cookie(request, "c") is None
        request.COOKIES["c"] = "uuid%7Ctoken"
        assert astakosclient.get_token_from_cookie(request, "c") == "token"
        request.COOKIES["c"] = "nothing"
        assert astakosclient.get_token_from_cookie(request, "c") is None
        assert astakosclient.get_token_from_cookie(None, "c") is None

    def test_all_exceptions_are_of_one_family(self) -> None:
        for name in astakosclient.__all__:
            kind = getattr(astakosclient, name)
            if isinstance(kind, type) and issubclass(kind, Exception):
                assert issubclass(kind, errors.AstakosClientException)
        assert (errors.NotFound("x").status, errors.NotFound("x", status=410).status) == (404, 410)


class Moody(BaseHTTPRequestHandler):
    """A service that fails as it is told: a list of statuses, 0 for hanging up."""

    moods: ClassVar[list[int]] = []
    seen: ClassVar[list[dict[str, Any]]] = []
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append({"path": self.path, "headers": dict(self.headers), "body": body})
        mood = self.moods.pop(0) if self.moods else 200
        if mood == 0:
            self.close_connection = True
            return
        endpoint = {"versionId": "v1.0", "publicURL": f"http://{self.headers['Host']}/account"}
        entry = {"name": "astakos_account", "type": "account", "endpoints": [endpoint]}
        told: Any = {"access": {"serviceCatalog": [entry]}, "serial": 7}
        data = b"<html>" if mood == 299 else json.dumps(told).encode()
        self.send_response(mood)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST  # noqa: N815 - the server's name for it

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def moody() -> Iterator[str]:
    """Serve moods on a loopback port."""
    Moody.moods, Moody.seen = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/identity/v2.0"
    server.shutdown()
    server.server_close()


@pytest.mark.enable_socket
class TestWire:
    """Attempts, pools, logs."""

    def test_it_tries_again_as_often_as_told(self, moody: str) -> None:
        Moody.moods = [500, 503]
        assert AstakosClient("t", moody, retry=2).get_endpoints()
        assert len(Moody.seen) == 3
        Moody.moods = [500]
        with pytest.raises(errors.AstakosClientException) as caught:
            AstakosClient("t", moody).get_endpoints()
        assert caught.value.status == 500

    @pytest.mark.parametrize("status", [401, 404, 413])
    def test_what_another_attempt_cannot_change_is_not_tried_again(
        self, moody: str, status: int
    ) -> None:
        Moody.moods = [status]
        with pytest.raises(errors.AstakosClientException) as caught:
            AstakosClient("t", moody, retry=5).get_endpoints()
        assert caught.value.status == status
        assert len(Moody.seen) == 1

    def test_a_commission_that_may_have_arrived_is_not_sent_again(self, moody: str) -> None:
        client = AstakosClient("t", moody, retry=5)
        client.get_endpoints()
        for mood in (0, 500):
            Moody.moods, Moody.seen[:] = [mood], []
            with pytest.raises(errors.AstakosClientException):
                client.issue_one_commission("u", {("p", VM): 1})
            assert len(Moody.seen) == 1

    def test_nobody_there_is_a_connection_error(self) -> None:
        with pytest.raises(errors.ConnectionError):
            AstakosClient("t", "http://127.0.0.1:9/identity/v2.0").get_endpoints()

    def test_an_answer_that_is_no_json_is_told(self, moody: str) -> None:
        Moody.moods = [299]
        with pytest.raises(errors.InvalidResponse):
            AstakosClient("t", moody).get_endpoints()

    def test_a_pool_keeps_connections_and_headers_go_along(self, moody: str) -> None:
        AstakosClient("t", moody, headers={"X-Client": "me"}).get_endpoints()
        AstakosClient("t", moody, use_pool=True, pool_size=1).get_endpoints()
        first, second = (one["headers"] for one in Moody.seen)
        assert (first["Connection"], first["X-Client"]) == ("close", "me")
        assert second["Connection"] == "keep-alive"

    def test_feedback_is_a_form(self, moody: str) -> None:
        AstakosClient("t", moody).send_feedback("good & bad", "ά")
        sent = Moody.seen[-1]
        assert sent["headers"]["Content-Type"] == "application/x-www-form-urlencoded"
        assert parse_qs(sent["body"].decode())["feedback_msg"] == ["good & bad"]

    def test_no_log_shows_a_token(self, moody: str, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        client = AstakosClient("very-secret-token", moody)
        client.authenticate()
        client.get_quotas()
        assert client.log_request is not None
        assert client.log_response is not None
        shown = caplog.text + str(client.log_request) + repr(client)
        assert "very-secret-token" not in shown
        assert client.log_request["method"] == "GET"
