"""A page of ours, as far as the server sees: cookies, headers, JSON."""

import json
from typing import Any

from django.test import Client

ROOT = "/astakos/ui"


class Page:
    """One browser: keeps its cookies, and the token in memory once somebody is in."""

    def __init__(self, address: str = "192.0.2.1") -> None:
        self.client = Client(REMOTE_ADDR=address)
        self.token = ""

    def send(self, method: str, path: str, body: object = None, **extra: Any) -> Any:
        """Send a call as the page does; answers Django's response."""
        headers = {"X-Requested-With": "synnefo", **extra.pop("headers", {})}
        if self.token:
            headers["X-Auth-Token"] = self.token
        data = "" if body is None else json.dumps(body)
        answer = self.client.generic(
            method, ROOT + path, data, "application/json", headers=headers, **extra
        )
        self.client.cookies.update(answer.cookies)
        return answer

    def post(self, path: str, body: object = None, **extra: Any) -> Any:
        """Send a POST."""
        return self.send("POST", path, body if body is not None else {}, **extra)

    def get(self, path: str) -> Any:
        """Send a GET."""
        return self.send("GET", path)

    def delete(self, path: str) -> Any:
        """Send a DELETE."""
        return self.send("DELETE", path)

    def sign_in(self, name: str, password: str, **more: Any) -> Any:
        """Send a name and a password; keep the token if that was all."""
        return self.took(self.post("/session", {"username": name, "password": password, **more}))

    def took(self, answer: Any) -> Any:
        """Keep the token of an answer that lets somebody in."""
        if answer.status_code == 200:
            told = answer.json()
            told = told.get("entered", told)
            self.token = told.get("token", {}).get("id", "")
        return answer
