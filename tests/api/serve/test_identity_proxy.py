"""The identity service under the addresses of other components. Spec: identity 20."""

import json
from collections.abc import Iterator

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client

from synnefo.clients import in_process
from synnefo.kit import conf
from synnefo.serve.http.direct import Direct
from synnefo.webproject import neighbours
from tests.support.astakos import PASSWORD, a_token, a_user

pytestmark = pytest.mark.django_db(databases=["astakos", "pithos", "cyclades"], transaction=True)
BRICKS = pytest.mark.parametrize("brick", ["cyclades", "pithos"])


@pytest.fixture(autouse=True)
def _neighbours() -> Iterator[None]:
    """Let bricks call each other, as on a real host."""
    neighbours.mount(Direct([], get_wsgi_application(), prepare=lambda _: None, tidies=False))
    yield
    for brick in ("astakos", "pithos", "cyclades"):
        in_process.unmount(str(conf.current().names[f"{brick.upper()}_BASE_URL"]))


@BRICKS
def test_a_call_is_passed_on_and_its_answer_back(brick: str) -> None:
    user = a_user()
    headers = {"X-Auth-Token": a_token(user)}
    answer = Client().get(f"/{brick}/_astakos/identity/v3/auth/projects?a=b", headers=headers)
    assert answer.status_code == 200
    assert answer.json()["projects"][0]["id"] == user.uuid
    body = json.dumps({"uuids": [user.uuid]})
    path = f"/{brick}/_astakos/account/v1.0/user_catalogs"
    told = Client().post(path, body, "application/json", headers=headers).json()
    assert told["uuid_catalog"] == {user.uuid: user.username}
    refused = Client().get(f"/{brick}/_astakos/account/v1.0/quotas")
    assert refused.status_code == 401


@BRICKS
def test_cookies_of_neither_side_cross(brick: str) -> None:
    user = a_user()
    body = json.dumps({"username": user.username, "password": PASSWORD})
    headers = {"X-Requested-With": "synnefo"}
    path = f"/{brick}/_astakos/ui/session"
    answer = Client().post(path, body, "application/json", headers=headers)
    assert answer.status_code == 200
    assert not answer.cookies
    browser = Client()
    browser.cookies["synnefo_session"] = answer.json()["token"]["id"]
    assert browser.get(path).status_code == 401


@BRICKS
def test_weblogin_is_for_the_browser_itself(brick: str) -> None:
    answer = Client().get(f"/{brick}/_astakos/weblogin/login?next=pithos://x")
    assert answer.status_code == 302
    base = conf.current().names["ASTAKOS_BASE_URL"]
    assert answer.headers["Location"] == f"{base}/weblogin/login?next=pithos://x"


@BRICKS
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("oauth2/auth", 404),
        ("nothing", 404),
        ("identity/../../healthz", 400),
        ("ui/./session", 400),
        ("", 404),
    ],
)
def test_nothing_else_is_reached(brick: str, path: str, status: int) -> None:
    assert Client().get(f"/{brick}/_astakos/{path}").status_code in {status, 404}


def test_metadata_is_where_the_standard_puts_it() -> None:
    answer = Client().get("/.well-known/oauth-authorization-server/astakos")
    assert answer.status_code == 302
    assert Client().get(answer.headers["Location"]).json()["issuer"].endswith("/astakos")
