"""Whoever asks cannot tell by the work done whether an account exists: statements and hashes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from synnefo.astakos.models import DATABASE
from synnefo.astakos.usecases import passwords, users
from synnefo.serve import statements as by_hand
from tests.support.astakos import a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])
WRONG = "not the password"


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every comparison with a stored hash."""
    seen: list[str] = []
    real = passwords.is_right

    def counted(stored: str, password: str) -> bool:
        seen.append(stored)
        return real(stored, password)

    monkeypatch.setattr(passwords, "is_right", counted)
    yield seen


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement that is sent, the hand-written ones too."""
    seen: list[str] = []
    plain = by_hand._plain

    def noted(connection: Any, sql: str, values: Any) -> Any:
        seen.append(sql)
        return plain(connection, sql, values)

    def wrapper(execute, sql, params, many, context):  # type: ignore[no-untyped-def] # Django's hook
        seen.append(re.sub(r'"s\d+_x\d+"', "s", sql))
        return execute(sql, params, many, context)

    monkeypatch.setattr(by_hand, "_plain", noted)
    with connections[DATABASE].execute_wrapper(wrapper):
        yield seen


def work_of(path: str, body: dict[str, Any], seen: list[str]) -> tuple[int, bytes, list[str]]:
    """Send a call; answers status, body and the statements that it took."""
    seen.clear()
    answer = Client().post(
        f"/astakos/{path}",
        json.dumps(body),
        content_type="application/json",
        headers={"X-Requested-With": "synnefo"},
    )
    return answer.status_code, answer.content, list(seen)


def v3(name: str) -> dict[str, Any]:
    """Sign in as clients of Keystone do."""
    user = {"name": name, "domain": {"id": "default"}, "password": WRONG}
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}


def v2(name: str) -> dict[str, Any]:
    """Sign in as clients of the old API do."""
    return {"auth": {"passwordCredentials": {"username": name, "password": WRONG}}}


def page(name: str) -> dict[str, Any]:
    """Sign in as the page does."""
    return {"username": name, "password": WRONG}


def forgotten(name: str) -> dict[str, Any]:
    """Ask for a link."""
    return {"email": name}


@pytest.mark.parametrize(
    ("path", "form", "hash_calls"),
    [
        ("identity/v3/auth/tokens", v3, 1),
        ("identity/v2.0/tokens", v2, 1),
        ("ui/session", page, 1),
        ("ui/password-reset", forgotten, 0),
    ],
)
def test_known_sleeping_waiting_and_unknown_accounts_cost_the_same(
    path: str, form: Any, hash_calls: int, hashes: list[str], statements: list[str]
) -> None:
    user, waiting, sleeper = a_user(), a_user(accepted=False), a_user()
    users.deactivate(sleeper)
    names = [user.username, sleeper.username, waiting.username, "nobody@example.org"]
    work_of(path, form("first@example.org"), statements)
    hashes.clear()
    told = [work_of(path, form(name), statements) for name in names]
    assert len(told[0][2]) > hash_calls
    for each in told:
        assert each == told[0]
    assert len(hashes) == hash_calls * len(names)
