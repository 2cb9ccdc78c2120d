"""Identity v3 administered in tests: one call per line, answers checked on the way."""

import json
from typing import Any

from django.test import Client

from synnefo.astakos.models import User
from tests.support.astakos import a_token, a_user

BASE = "/astakos/identity/v3"


class Admin:
    """Somebody with a token; an administrator of the cloud unless another token is given."""

    def __init__(self, token: str = "") -> None:
        self.token = token or a_token(a_user(admin=True))

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Send a request; answer the status and the JSON, if any."""
        answer = Client().generic(
            method,
            BASE + path,
            b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"X-Auth-Token": self.token},
        )
        return answer.status_code, json.loads(answer.content) if answer.content else None

    def status(self, method: str, path: str, body: object = None) -> int:
        """Answer the status of a request alone."""
        return self.send(method, path, body)[0]

    def get(self, path: str) -> Any:
        """Read something that is there."""
        status, told = self.send("GET", path)
        assert status == 200, (path, told)
        return told

    def make(self, noun: str, **facts: Any) -> Any:
        """Make a thing of a noun such as `project`."""
        status, told = self.send("POST", f"/{noun}s", {noun: facts})
        assert status == 201, (noun, told)
        return told[noun]

    def change(self, noun: str, thing: Any, **facts: Any) -> Any:
        """Change a thing that was made."""
        status, told = self.send("PATCH", f"/{noun}s/{thing['id']}", {noun: facts})
        assert status == 200, (noun, told)
        return told[noun]

    def drop(self, noun: str, thing: Any) -> int:
        """Delete a thing; answer the status."""
        return self.status("DELETE", f"/{noun}s/{thing['id']}")

    def names(self, path: str, noun: str) -> list[str]:
        """List the names of things."""
        return sorted(one["name"] for one in self.get(path)[f"{noun}s"])

    def role(self, name: str) -> str:
        """Answer the id of a role by its name."""
        found = self.get(f"/roles?name={name}")["roles"]
        return str(found[0]["id"])

    def give(self, role: str, who: str, where: str) -> None:
        """Give a role: who is `users/ID` or `groups/ID`, where `projects/ID` or `system`."""
        path = f"/{where}/{who}/roles/{self.role(role)}"
        assert self.status("PUT", path) == 204, path

    def take(self, role: str, who: str, where: str) -> int:
        """Take a role back; answer the status."""
        return self.status("DELETE", f"/{where}/{who}/roles/{self.role(role)}")


def sign_in(user: Any, password: str, scope: object = None) -> tuple[int, str, Any]:
    """Get a token by password; answer the status, the token and its body."""
    uuid = user.uuid if isinstance(user, User) else user["id"]
    identity = {
        "methods": ["password"],
        "password": {"user": {"id": uuid, "password": password}},
    }
    auth: dict[str, Any] = {"identity": identity}
    if scope is not None:
        auth["scope"] = scope
    answer = Client().post(
        f"{BASE}/auth/tokens", json.dumps({"auth": auth}), content_type="application/json"
    )
    told = json.loads(answer.content)
    return answer.status_code, answer.headers.get("X-Subject-Token", ""), told.get("token")
