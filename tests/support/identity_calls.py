"""Calls of Identity v3, for tests."""

import json
from typing import Any

from django.test import Client

from synnefo.astakos.models import User
from tests.support.astakos import a_token

V3 = "/astakos/identity/v3"


class Told:
    """An answer, with its JSON."""

    def __init__(self, answer: Any) -> None:
        self.status = answer.status_code
        self.headers = answer.headers
        self.json = json.loads(answer.content) if answer.content else {}
        self.token = answer.headers.get("X-Subject-Token", "")


def call(method: str, path: str, token: str = "", body: Any = None, **headers: str) -> Told:
    """Send one request."""
    given = {"X-Auth-Token": token} if token else {}
    given.update({name.replace("_", "-"): value for name, value in headers.items()})
    data = b"" if body is None else json.dumps(body)
    where = path if path.startswith("/astakos") else V3 + path
    return Told(
        Client().generic(method, where, data, content_type="application/json", headers=given)
    )


def sign_in(identity: Any, scope: Any = None) -> Told:
    """Ask for a token."""
    auth = {"identity": identity} | ({} if scope is None else {"scope": scope})
    return call("POST", "/auth/tokens", body={"auth": auth})


def with_app(uuid: str, secret: str, **more: Any) -> Told:
    """Sign in by an application credential."""
    shown = {"id": uuid, "secret": secret}
    return sign_in(
        {"methods": ["application_credential"], "application_credential": shown}, **more
    )


def with_token(token: str, scope: Any = None) -> Told:
    """Sign in by a token."""
    return sign_in({"methods": ["token"], "token": {"id": token}}, scope)


def an_app(user: User, token: str = "", **wish: Any) -> dict[str, Any]:
    """Make an application credential and answer what is told of it."""
    body = {"application_credential": {"name": "backup", **wish}}
    path = f"/users/{user.uuid}/application_credentials"
    made = call("POST", path, token or a_token(user), body)
    assert made.status == 201, made.json
    found: dict[str, Any] = made.json["application_credential"]
    return found
