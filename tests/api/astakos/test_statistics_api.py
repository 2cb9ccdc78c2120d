"""Figures of the whole cloud over HTTP. Spec: identity 10.2."""

import json

import pytest
from django.test import Client

from synnefo.astakos.models import DATABASE, Group
from tests.support.astakos import a_component, a_resource, a_token, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)
TOTALS, DETAIL = "/astakos/admin/stats", "/astakos/admin/stats/detail"


def test_everybody_may_see_how_many_there_are() -> None:
    a_user()
    a_user(accepted=False)
    answer = Client().get(TOTALS)
    assert answer.json() == {"users": {"total": 2, "active": 1}}


def test_pages_of_other_hosts_get_a_script() -> None:
    answer = Client().get(f"{TOTALS}?callback=show")
    assert answer["Content-Type"] == "application/javascript"
    assert answer.content.startswith(b"show({")
    assert Client().get(f"{TOTALS}?callback=alert(1)").status_code == 400


def test_only_members_of_the_named_groups_see_more() -> None:
    a_resource(limit=5)
    member, other, admin = a_user(), a_user(), a_user(admin=True)
    Group.objects.create(name="admin-stats").members.add(member)
    answer = Client().get(DETAIL, headers={"X-Auth-Token": a_token(member)})
    assert answer.status_code == 200
    found = json.loads(answer.content)
    assert set(found) == {"datetime", "providers", "users", "resources"}
    assert found["users"]["all"] == {"total": 3, "verified": 3, "active": 3}
    assert found["resources"]["all"]["cyclades.vm"]["allocated"] == 15
    for stranger in (other, admin):
        answer = Client().get(DETAIL, headers={"X-Auth-Token": a_token(stranger)})
        assert answer.status_code == 403
    assert Client().get(DETAIL).status_code == 401
    _, token = a_component()
    assert Client().get(DETAIL, headers={"X-Auth-Token": token}).status_code == 401


def test_there_is_nothing_at_the_top() -> None:
    assert Client().get("/astakos/admin/").status_code == 404
