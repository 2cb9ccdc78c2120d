"""A stage with clients for it: ada's, eve's and an administrator's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from synnefo.cyclades.api.callers import remembered
from tests.support.compute import Stage, a_caller, a_stage


class Api:
    """Speaks one dialect for one caller."""

    def __init__(self, dialect: str, token: str, version: str = "") -> None:
        self.root = f"/cyclades/compute/{dialect}"
        self.headers = {"X-Auth-Token": token} if token else {}
        if version:
            self.headers["OpenStack-API-Version"] = f"compute {version}"
        self.client = Client()

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(
            method, f"{self.root}{path}", data, "application/json", headers=self.headers
        )

    def json(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        answer = self(method, path, body)
        assert answer.status_code == status, answer.content
        return json.loads(answer.content) if answer.content else None


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path) -> Iterator[Stage]:
    for caller in (a_caller(), a_caller("eve"), a_caller("root", admin=True)):
        remembered.put(caller.token, caller, 3600)
    with a_stage(tmp_path / "blocks") as made:
        yield made
    remembered.clear()


@pytest.fixture
def old() -> Api:
    return Api("v2.0", "ada")


@pytest.fixture
def nova() -> Api:
    return Api("v2.1", "ada")
