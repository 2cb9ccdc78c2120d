"""Lists of Identity v3, page by page, as clients follow their links. Spec: openstack-api 1."""

from typing import Any

import pytest
from django.test import Client

from synnefo.astakos.models import DATABASE
from synnefo.astakos.usecases import roles
from tests.support.astakos import a_user
from tests.support.keystone import BASE, Admin

pytestmark = pytest.mark.django_db(databases=[DATABASE])
HOST = "http://127.0.0.1:8000"


def pages(admin: Admin, noun: str, query: str) -> list[list[str]]:
    """Follow a list's links from its first page to its last; answer the ids of each page."""
    found: list[list[str]] = []
    path: str | None = f"{BASE}/{noun}?{query}"
    while path is not None:
        answer = Client(headers={"X-Auth-Token": admin.token}).get(path)
        assert answer.status_code == 200, answer.content
        told: dict[str, Any] = answer.json()
        assert told["links"]["self"] == HOST + path.rstrip("?")
        found.append([one["id"] for one in told[noun]])
        following = told["links"]["next"]
        path = following.removeprefix(HOST) if following else None
    return found


@pytest.mark.parametrize("noun", ["users", "projects", "groups", "roles", "domains"])
def test_pages_make_up_the_whole_list(noun: str) -> None:
    roles.ensure()
    admin = Admin()
    for number in range(3):
        a_user()
        admin.make("group", name=f"group{number}")
        admin.make("domain", name=f"domain{number}")
    [everything] = pages(admin, noun, "")
    got = pages(admin, noun, "limit=2")
    assert [len(page) for page in got[:-1]] == [2] * (len(got) - 1)
    assert [one for page in got for one in page] == everything
    assert len(everything) >= 3


def test_filters_stay_from_page_to_page() -> None:
    admin = Admin()
    for number in range(5):
        admin.make("group", name=f"crew {number}")
        admin.make("group", name=f"band {number}")
    assert [len(page) for page in pages(admin, "groups", "name__startswith=crew&limit=2")] == [
        2,
        2,
        1,
    ]
    assert [len(page) for page in pages(admin, "users", "enabled&limit=1")] == [1]


def test_markers_and_limits_that_mean_nothing_are_refused() -> None:
    admin = Admin()
    for noun in ("users", "groups", "projects", "roles"):
        for query in ("marker=nobody", "limit=many", "limit=-1"):
            assert admin.status("GET", f"/{noun}?{query}") == 400, (noun, query)


def test_what_has_no_ids_comes_whole() -> None:
    roles.ensure()
    admin = Admin()
    for path in ("/role_assignments", "/role_inferences", "/auth/catalog", "/auth/system"):
        told = admin.get(f"{path}?limit=1&marker=x")
        assert told["links"]["next"] is None


def test_users_after_a_marker_are_read_from_there_on() -> None:
    admin = Admin()
    for _ in range(4):
        a_user()
    [everything] = pages(admin, "users", "")
    told = admin.get(f"/users?marker={everything[2]}&limit=1")
    assert [one["id"] for one in told["users"]] == [everything[3]]
