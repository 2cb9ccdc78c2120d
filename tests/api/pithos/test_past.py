"""How accounts and containers were at a time. Spec: object-storage 9.3."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.api.pithos.conftest import Person

pytestmark = pytest.mark.django_db(databases=["pithos", "astakos"])
START = datetime.now(UTC).replace(microsecond=500_000) - timedelta(hours=1)


def at(minutes: int) -> Any:
    """Do something some minutes after the start."""
    return time_machine.travel(START + timedelta(minutes=minutes), tick=False)


def epoch(minutes: int) -> int:
    return int((START + timedelta(minutes=minutes)).timestamp())


@pytest.fixture
def owner(ada: Person) -> Person:
    """Somebody who made `a` at 10, changed it at 20, removed it at 30, and made `b/c` at 20."""
    with at(10):
        ada.ask("PUT", "/c/a", b"one")
    with at(20):
        ada.ask("PUT", "/c/a", b"three")
        ada.ask("PUT", "/c/b/c", b"x")
    with at(30):
        ada.ask("DELETE", "/c/a")
    return ada


def names(owner: Person, minutes: int, more: str = "") -> list[Any]:
    rows = owner.ask("GET", f"/c?format=json&until={epoch(minutes)}{more}").json()
    assert isinstance(rows, list)
    return rows


def test_a_list_shows_what_was_there_then(owner: Person) -> None:
    assert [(row["name"], row["bytes"]) for row in names(owner, 15)] == [("a", 3)]
    assert [(row["name"], row["bytes"]) for row in names(owner, 25)] == [("a", 5), ("b/c", 1)]
    assert [row["name"] for row in names(owner, 35)] == ["b/c"]
    assert names(owner, 5) == []
    assert "last_modified" not in names(owner, 25)[0]


def test_delimiters_prefixes_and_markers_hold_then_too(owner: Person) -> None:
    assert names(owner, 25, "&delimiter=/")[1] == {"subdir": "b/"}
    assert [row["name"] for row in names(owner, 25, "&prefix=b")] == ["b/c"]
    assert [row["name"] for row in names(owner, 25, "&marker=a&limit=1")] == ["b/c"]


def test_counts_are_those_of_then(owner: Person) -> None:
    for path in ("/c", ""):
        level = "Container" if path else "Account"
        then = owner.ask("HEAD", f"{path}?until={epoch(25)}").headers
        assert (then[f"X-{level}-Object-Count"], then[f"X-{level}-Bytes-Used"]) == ("2", "6")
        assert then[f"X-{level}-Until-Timestamp"] in {
            (START + timedelta(minutes=20)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        }
        assert f"X-{level}-Until-Timestamp" not in owner.ask("HEAD", path).headers


def test_the_list_of_containers_counts_as_then(owner: Person) -> None:
    rows = owner.ask("GET", f"?format=json&until={epoch(15)}").json()
    assert isinstance(rows, list)
    found = {row["name"]: row for row in rows}
    assert (found["c"]["count"], found["c"]["bytes"]) == (1, 3)
    assert found["c"]["x_container_until_timestamp"].endswith("+00:00")


@pytest.mark.parametrize("text", ["-1", "", "1426000000.12", "soon", "9" * 30])
def test_what_is_no_time_counts_as_not_asked(owner: Person, text: str) -> None:
    told = owner.ask("HEAD", f"/c?until={text}").headers
    assert told["X-Container-Object-Count"] == "1"
    assert "X-Container-Until-Timestamp" not in told


def test_nobody_else_may_look_back(owner: Person, bob: Person) -> None:
    owner.ask("POST", "/c/b/c", X_Object_Sharing=f"read={bob.account}")
    place = f"/pithos/v1/{owner.account}/c"
    assert bob.ask("GET", place).status == 200
    assert bob.ask("GET", f"{place}?until={epoch(25)}").status == 403
    assert bob.ask("HEAD", f"{place}?until={epoch(25)}").status == 403
