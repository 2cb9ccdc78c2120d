"""What tokens may be for, and what ends them. Spec: openstack-api 4.1, 4.2."""

import hashlib
import json
from datetime import timedelta

import pytest
import time_machine

from synnefo.astakos.models import (
    DATABASE,
    Token,
)
from synnefo.kit.clock import now
from tests.support.astakos import PASSWORD, a_component, a_token, a_user
from tests.support.identity_calls import call, sign_in, with_token

pytestmark = pytest.mark.django_db(databases=[DATABASE])


class TestScopes:
    """What tokens may be for."""

    def test_the_system_is_for_administrators(self) -> None:
        admin = a_user(admin=True)
        got = with_token(a_token(admin), {"system": {"all": True}})
        assert got.status == 201
        assert got.json["token"]["system"] == {"all": True}
        assert "project" not in got.json["token"]
        assert "admin" in {role["name"] for role in got.json["token"]["roles"]}
        assert with_token(a_token(a_user()), {"system": {"all": True}}).status == 401
        assert with_token(a_token(admin), {"system": {}}).status == 400

    def test_a_token_for_nothing_has_no_roles_and_leads_to_one_that_has(self) -> None:
        user = a_user()
        for word in ("unscoped", {"unscoped": {}}):
            got = with_token(a_token(user), word)
            assert "roles" not in got.json["token"]
            assert "catalog" not in got.json["token"]
            again = with_token(got.token, {"project": {"id": user.uuid}})
            assert again.json["token"]["project"]["id"] == user.uuid
        both = {"project": {"id": user.uuid}, "unscoped": {}}
        assert with_token(a_token(user), both).status == 400

    def test_services_see_a_token_for_hours_after_its_end_if_they_ask(self) -> None:
        user = a_user()
        token = a_token(user)
        _, service = a_component("late")
        ask = {"X_Subject_Token": token}
        with time_machine.travel(now() + timedelta(hours=25), tick=False):
            assert call("GET", "/auth/tokens", service, **ask).status == 404
            assert call("GET", "/auth/tokens?allow_expired=1", service, **ask).status == 200
            assert call("GET", "/auth/projects", token).status == 401
            mine = call("GET", "/auth/tokens?allow_expired=1", token, **ask)
            assert mine.status == 401

    def test_what_a_token_led_to_ends_with_it(self) -> None:
        user = a_user()
        first = a_token(user)
        second = with_token(first).token
        third = with_token(second).token
        sibling = with_token(first).token
        assert call("DELETE", "/auth/tokens", first, X_Subject_Token=second).status == 204
        assert call("GET", "/auth/projects", third).status == 401
        assert call("GET", "/auth/projects", sibling).status == 200
        assert call("GET", "/auth/projects", first).status == 200

    def test_tokens_are_stored_as_digests_only(self) -> None:
        user = a_user()
        token = a_token(user)
        row = Token.objects.get(user=user)
        assert token not in {str(value) for value in vars(row).values()}
        assert row.digest == hashlib.sha256(token.encode()).hexdigest()


def test_passwords_are_no_part_of_answers() -> None:
    """What goes wrong tells nothing of what was sent."""
    user = a_user()
    person = {"id": user.uuid, "password": PASSWORD + "!"}
    refused = sign_in({"methods": ["password"], "password": {"user": person}})
    assert refused.status == 401
    assert PASSWORD not in json.dumps(refused.json)
