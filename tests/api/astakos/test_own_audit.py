"""What people see of the audit log: the entries about themselves."""

from typing import Any

import pytest
from django.test import Client

from synnefo.astakos.models import DATABASE, AuditEntry, User
from synnefo.astakos.usecases import audit
from synnefo.serve import origin
from tests.support.astakos import a_token, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])
PATH = "/astakos/ui/audit"


def seen(user: User, query: str = "") -> Any:
    """Read the log as a user does."""
    return Client().get(PATH + query, headers={"X-Auth-Token": a_token(user)})


def test_people_see_what_they_did_and_what_was_done_to_them_and_nothing_else() -> None:
    ada, eve = a_user("ada@x.org"), a_user("eve@x.org")
    AuditEntry.objects.all().delete()
    audit.record("password.changed", actor=ada, subject=ada, address="192.0.2.7")
    audit.record("project.made", actor=ada, subject="p-1")
    audit.record("password.changed", actor=eve, subject=eve)
    told = seen(ada).json()
    assert [entry["act"] for entry in told["entries"]] == ["project.made", "password.changed"]
    assert told["entries"][1]["address"] == "192.0.2.7"
    assert seen(ada, f"?about={eve.uuid}&who={eve.uuid}").json() == told


def test_which_operator_it_was_and_from_where_is_kept_back() -> None:
    ada, boss = a_user("ada@x.org"), a_user("boss@x.org", admin=True)
    AuditEntry.objects.all().delete()
    with origin.coming_from(origin.Origin(address="192.0.2.99", agent="secret-browser")):
        audit.record("user.deactivated", actor=boss, subject=ada, reason="left", note="internal")
    answer = seen(ada)
    entry = answer.json()["entries"][0]
    assert entry["actor"] == {"id": "", "name": "operator", "kind": ""}
    assert entry["facts"] == {"reason": "left"}
    for hidden in ("boss", "192.0.2.99", "secret-browser", "internal"):
        assert hidden not in answer.content.decode()


def test_pages_follow_each_other_without_gap_or_overlap() -> None:
    ada = a_user("ada@x.org")
    AuditEntry.objects.all().delete()
    for number in range(5):
        audit.record("thing.made", actor=ada, subject=str(number))
    first = seen(ada, "?limit=2").json()
    second = seen(ada, f"?limit=2&marker={first['next']}").json()
    third = seen(ada, f"?limit=2&marker={second['next']}").json()
    entries = first["entries"] + second["entries"] + third["entries"]
    assert [entry["subject"]["id"] for entry in entries] == ["4", "3", "2", "1", "0"]
    assert third["next"] is None


@pytest.mark.parametrize("query", ["?since=never", "?marker=x", "?limit=-1", "?until=9999999"])
def test_nonsense_is_refused(query: str) -> None:
    assert seen(a_user(), query).status_code == 400


def test_nobody_sees_anything_without_a_token() -> None:
    assert Client().get(PATH).status_code == 401
