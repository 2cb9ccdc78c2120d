"""Versions in Swift's newer way, and what is left of them in the native one."""

from typing import Any

import pytest

from tests.api.pithos.conftest import Person

pytestmark = pytest.mark.django_db(databases=["pithos", "astakos"])


def rows(who: Person, query: str = "") -> Any:
    return who.swift("GET", f"/c?versions=true&format=json{query}").json()


def test_versions_are_listed_read_removed_and_shown_again(ada: Person) -> None:
    assert ada.swift("HEAD", "/c").headers["X-Versions-Enabled"] == "True"
    for body in (b"1", b"22", b"333"):
        ada.swift("PUT", "/c/o", body)
    ada.swift("DELETE", "/c/o")
    found = rows(ada)
    assert [row["bytes"] for row in found] == [0, 3, 2, 1]
    assert [row["is_latest"] for row in found] == [True, False, False, False]
    assert found[0]["content_type"].startswith("application/x-deleted")
    first = found[-1]["version_id"]
    got = ada.swift("GET", f"/c/o?version-id={first}")
    assert (got.body, got.headers["X-Object-Version-Id"]) == (b"1", first)
    assert ada.swift("PUT", f"/c/o?version-id={first}", Content_Length="0").status == 201
    assert ada.swift("GET", "/c/o").body == b"1"
    for row in rows(ada):
        assert ada.swift("DELETE", f"/c/o?version-id={row['version_id']}").status == 204
    assert ada.swift("GET", "/c/o").status == 404
    assert rows(ada) == []
    assert ada.swift("HEAD", "/c").headers["X-Container-Bytes-Used"] == "0"


def test_it_pages_within_a_name(ada: Person) -> None:
    for body in (b"1", b"22", b"333"):
        ada.swift("PUT", "/c/o", body)
    ada.swift("PUT", "/c/p", b"x")
    first = rows(ada, "&limit=2")
    more = rows(ada, f"&marker=o&version_marker={first[-1]['version_id']}")
    assert [row["bytes"] for row in first + more] == [3, 2, 1, 1]
    assert [row["is_latest"] for row in first + more] == [True, False, False, True]


def test_others_see_no_versions(ada: Person, bob: Person) -> None:
    ada.swift("PUT", "/c/o", b"1")
    ada.swift("POST", "/c", X_Container_Read="*:*")
    path = f"/pithos/v1/AUTH_{ada.account}/c"
    assert bob.ask("GET", path).status == 200
    assert bob.ask("GET", f"{path}?versions=true").status == 403
    serial = rows(ada)[0]["version_id"]
    assert bob.ask("DELETE", f"{path}/o?version-id={serial}").status == 403


def test_it_can_be_switched_off(ada: Person) -> None:
    ada.swift("POST", "/c", X_Versions_Enabled="false")
    for body in (b"1", b"22"):
        ada.swift("PUT", "/c/o", body)
    assert [row["bytes"] for row in rows(ada)] == [2]
