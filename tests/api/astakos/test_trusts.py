"""Trusts by example. Spec: openstack-api 4.4."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections

from synnefo.astakos.domain.roles import STANDING
from synnefo.astakos.models import (
    DATABASE,
    ProjectMembership,
    User,
)
from synnefo.astakos.models.projects import MembershipState
from synnefo.astakos.usecases import roles, users
from synnefo.kit.clock import now
from tests.support.astakos import a_project, a_token, a_user
from tests.support.identity_calls import Told, call, with_token

pytestmark = pytest.mark.django_db(databases=[DATABASE])


def a_trust(giver: User, getter: User, token: str = "", **wish: Any) -> Told:
    """Let somebody act for somebody else."""
    body = {
        "trustor_user_id": giver.uuid,
        "trustee_user_id": getter.uuid,
        "project_id": giver.uuid,
        "impersonation": True,
        "roles": [{"name": "member"}],
        **wish,
    }
    return call("POST", "/OS-TRUST/trusts", token or a_token(giver), {"trust": body})


def by_trust(getter: User, uuid: str) -> Told:
    """Get a token by a trust."""
    return with_token(a_token(getter), {"OS-TRUST:trust": {"id": uuid}})


class TestTrusts:
    """Users who act for others."""

    def test_one_is_given_used_and_ended(self) -> None:
        ada, bob = a_user(), a_user()
        made = a_trust(ada, bob)
        assert made.status == 201
        trust = made.json["trust"]
        assert [role["name"] for role in trust["roles"]] == ["member"]
        got = by_trust(bob, trust["id"])
        assert got.status == 201
        told = got.json["token"]
        assert told["user"]["id"] == ada.uuid
        assert told["project"]["id"] == ada.uuid
        assert told["OS-TRUST:trust"] == {
            "id": trust["id"],
            "impersonation": True,
            "trustor_user": {"id": ada.uuid},
            "trustee_user": {"id": bob.uuid},
        }
        assert [role["name"] for role in told["roles"]] == ["member"]
        assert call("GET", "/auth/projects", got.token).status == 200
        assert call("DELETE", f"/OS-TRUST/trusts/{trust['id']}", a_token(bob)).status == 403
        assert call("DELETE", f"/OS-TRUST/trusts/{trust['id']}", a_token(ada)).status == 204
        assert call("GET", "/auth/projects", got.token).status == 401
        assert by_trust(bob, trust["id"]).status == 403

    def test_without_impersonation_one_stays_oneself(self) -> None:
        ada, bob = a_user(), a_user()
        trust = a_trust(ada, bob, impersonation=False).json["trust"]
        told = by_trust(bob, trust["id"]).json["token"]
        assert told["user"]["id"] == bob.uuid
        assert told["project"]["id"] == ada.uuid

    def test_only_who_got_it_uses_it(self) -> None:
        ada, bob, eve = a_user(), a_user(), a_user()
        trust = a_trust(ada, bob).json["trust"]
        assert by_trust(eve, trust["id"]).status == 403
        assert by_trust(ada, trust["id"]).status == 403
        assert call("GET", f"/OS-TRUST/trusts/{trust['id']}", a_token(eve)).status == 404
        assert a_trust(ada, bob, a_token(eve)).status == 403

    def test_lists_are_for_those_concerned(self) -> None:
        ada, bob = a_user(), a_user()
        trust = a_trust(ada, bob).json["trust"]
        for user, side in ((ada, "trustor"), (bob, "trustee")):
            path = f"/OS-TRUST/trusts?{side}_user_id={user.uuid}"
            listed = call("GET", path, a_token(user)).json["trusts"]
            assert [one["id"] for one in listed] == [trust["id"]]
        assert call("GET", "/OS-TRUST/trusts", a_token(ada)).status == 403
        assert (
            call("GET", f"/OS-TRUST/trusts?trustor_user_id={ada.uuid}", a_token(a_user())).status
            == 403
        )
        assert call("GET", "/OS-TRUST/trusts", a_token(a_user(admin=True))).status == 200
        path = f"/OS-TRUST/trusts/{trust['id']}/roles"
        assert [r["name"] for r in call("GET", path, a_token(bob)).json["roles"]] == ["member"]
        assert call("HEAD", f"{path}/{STANDING['member']}", a_token(bob)).status == 200
        assert call("GET", f"{path}/{STANDING['admin']}", a_token(bob)).status == 404

    def test_uses_are_counted_whoever_comes_at_once(self) -> None:
        ada, bob = a_user(), a_user()
        trust = a_trust(ada, bob, remaining_uses=2).json["trust"]
        assert [by_trust(bob, trust["id"]).status for _ in range(3)] == [201, 201, 403]
        assert call("GET", f"/OS-TRUST/trusts/{trust['id']}", a_token(ada)).status == 404
        assert a_trust(ada, bob, remaining_uses=0).status == 400

    def test_roles_that_one_does_not_have_are_not_given(self) -> None:
        ada, bob = a_user(), a_user()
        assert a_trust(ada, bob, roles=[{"name": "admin"}]).status == 403
        assert a_trust(ada, bob, roles=[]).status == 400
        assert a_trust(ada, bob, project_id=a_project(bob).uuid).status == 403

    def test_it_gives_nothing_once_its_giver_has_lost_the_role(self) -> None:
        ada, bob = a_user(), a_user()
        project = a_project(ada)
        trust = a_trust(ada, bob, project_id=project.uuid).json["trust"]
        token = by_trust(bob, trust["id"]).token
        ProjectMembership.objects.filter(person=ada, project=project).update(
            state=MembershipState.REMOVED
        )
        assert call("GET", "/auth/projects", token).status == 401
        assert by_trust(bob, trust["id"]).status == 403

    def test_it_gives_nothing_to_or_by_who_is_put_to_rest(self) -> None:
        ada, bob = a_user(), a_user()
        trust = a_trust(ada, bob).json["trust"]
        token = by_trust(bob, trust["id"]).token
        bobs = a_token(bob)
        users.deactivate(bob)
        assert call("GET", "/auth/projects", token).status == 401
        users.activate(bob)
        users.deactivate(ada)
        assert with_token(bobs, {"OS-TRUST:trust": {"id": trust["id"]}}).status in {401, 403}
        assert by_trust(bob, trust["id"]).status == 403

    def test_it_expires_with_its_tokens(self) -> None:
        ada, bob = a_user(), a_user()
        ends = now() + timedelta(hours=1)
        trust = a_trust(ada, bob, expires_at=f"{ends:%Y-%m-%dT%H:%M:%S.%f}Z").json["trust"]
        token = by_trust(bob, trust["id"])
        assert token.json["token"]["expires_at"] == trust["expires_at"]
        with time_machine.travel(ends + timedelta(seconds=1), tick=False):
            assert call("GET", "/auth/projects", token.token).status == 401
            assert by_trust(bob, trust["id"]).status == 403

    def test_its_tokens_lead_to_no_others(self) -> None:
        ada, bob = a_user(), a_user()
        token = by_trust(bob, a_trust(ada, bob).json["trust"]["id"]).token
        assert with_token(token).status == 403
        apps = f"/users/{ada.uuid}/application_credentials"
        body = {"application_credential": {"name": "x"}}
        assert call("POST", apps, token, body).status == 403
        assert a_trust(ada, a_user(), token).status == 403

    def test_one_that_may_is_handed_on_and_ends_with_its_origin(self) -> None:
        ada, bob, eve = a_user(), a_user(), a_user()
        first = a_trust(ada, bob, allow_redelegation=True, redelegation_count=1).json["trust"]
        token = by_trust(bob, first["id"]).token
        second = a_trust(ada, eve, token)
        assert second.status == 201
        assert second.json["trust"]["redelegated_trust_id"] == first["id"]
        assert second.json["trust"]["redelegation_count"] == 0
        got = by_trust(eve, second.json["trust"]["id"])
        assert got.status == 201
        assert a_trust(ada, a_user(), got.token).status == 403
        assert call("DELETE", f"/OS-TRUST/trusts/{first['id']}", a_token(ada)).status == 204
        assert call("GET", "/auth/projects", got.token).status == 401
        assert by_trust(eve, second.json["trust"]["id"]).status == 403

    @pytest.mark.parametrize(
        "wrong",
        [
            {"remaining_uses": "many"},
            {"expires_at": "soon"},
            {"trustee_user_id": "nobody"},
            {"redelegation_count": -1},
            {"impersonation": "yes"},
        ],
    )
    def test_wrong_wishes_are_refused(self, wrong: dict[str, Any]) -> None:
        assert a_trust(a_user(), a_user(), **wrong).status in {400, 404}


@pytest.mark.django_db(databases=[DATABASE], transaction=True)
def test_a_last_use_of_a_trust_is_taken_once() -> None:
    """Of many who come at once, as many get through as uses are left."""
    ada, bob = a_user(), a_user()
    roles.ensure()
    trust = a_trust(ada, bob, remaining_uses=3).json["trust"]
    token, seen = a_token(bob), []

    def come() -> None:
        seen.append(with_token(token, {"OS-TRUST:trust": {"id": trust["id"]}}).status)
        connections.close_all()

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [201] * 3 + [403] * 5
