"""An operator at work, for the tests of the operators' API."""

import json
from typing import Any

from django.test import Client

from synnefo.astakos.models import User
from tests.support.astakos import a_token

BASE = "/astakos/ui/operators"


class Desk:
    """An operator at work."""

    def __init__(self, user: User) -> None:
        self.client = Client(headers={"X-Auth-Token": a_token(user)})

    def get(self, path: str, status: int = 200) -> Any:
        """Read something."""
        answer = self.client.get(BASE + path)
        assert answer.status_code == status, answer.content
        return answer.json()

    def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Change something."""
        data = json.dumps(body) if body is not None else ""
        answer = self.client.generic(method, BASE + path, data, "application/json")
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    def emails(self, query: str = "") -> list[str]:
        """List addresses, as the list of users shows them."""
        return [user["email"] for user in self.get(f"/users?order=asc&sort=email{query}")["users"]]

    def deed(self, deed: str, *people: User, **more: Any) -> Any:
        """Do something to people."""
        body = {"deed": deed, "users": [user.uuid for user in people], **more}
        return self.send("POST", "/users/deeds", body)
