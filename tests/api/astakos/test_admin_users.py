"""The administrators' API of users. Spec: identity 10.1."""

import json
from typing import Any

import pytest
from django.test import Client

from synnefo.astakos.models import DATABASE, QueuedErrand, User
from synnefo.astakos.settings import AdminSettings, AstakosSettings
from synnefo.astakos.usecases import groups, passwords, tokens, users
from synnefo.kit import conf
from tests.support.astakos import a_project, a_token, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])
BASE = "/astakos/identity/v2.0/users"


class Program:
    """A program that manages users."""

    def __init__(self) -> None:
        robot = a_user("robot@x.org")
        groups.change(robot, ["admin-api"], [])
        self.client = Client(headers={"X-Auth-Token": a_token(robot)})

    def ask(self, method: str, path: str = "", body: Any = None, status: int = 200) -> Any:
        """Send a call, with the API switched on."""
        data = json.dumps(body) if body is not None else ""
        with conf.override(AdminSettings, astakos_admin_api_enabled=True):
            answer = self.client.generic(method, BASE + path, data, "application/json")
        assert answer.status_code == status, answer.content
        return answer.json()


@pytest.fixture
def program() -> Program:
    """Make a program with a token of the permitted group."""
    return Program()


NEW = {"username": "Ada@x.org", "first_name": "Ada", "last_name": "Byron"}


def test_a_user_is_added_verified_and_accepted_without_a_mail(program: Program) -> None:
    more = {"affiliation": "Analytical", "metadata": {"desk": 7}}
    made = program.ask("POST", body={"user": {**NEW, **more}})["user"]
    user = User.objects.get(uuid=made["id"])
    assert user.is_active
    assert user.username == "ada@x.org"
    assert passwords.is_right(user.password, made["password"])
    assert tokens.find(made["auth_token"]).user == user
    assert not QueuedErrand.objects.filter(name="astakos.send_mail").exists()
    shown = program.ask("GET", f"/{user.uuid}")["user"]
    assert shown["authentication_methods"] == [
        {
            "identifier": "Ada@x.org",
            "active": True,
            "affiliation": "Analytical",
            "backend": "astakos",
            "metadata": {"desk": 7},
        }
    ]
    assert shown["date_joined"].endswith("+00:00")


def test_addresses_that_are_bad_or_taken_and_missing_names_are_refused(program: Program) -> None:
    a_user("taken@x.org")
    for changes, status in (
        ({"username": "nobody"}, 400),
        ({"first_name": ""}, 400),
        ({"password": "x"}, 400),
        ({"first_name": "x" * 300}, 400),
        ({"username": "TAKEN@x.org"}, 409),
    ):
        program.ask("POST", body={"user": {**NEW, **changes}}, status=status)
    assert not User.objects.filter(username="ada@x.org").exists()


def test_lists_tell_dates_only_with_details(program: Program) -> None:
    plain = program.ask("GET")["users"][0]
    whole = program.ask("GET", "/detail")["users"][0]
    assert plain["email"] == whole["email"] == "robot@x.org"
    assert plain["roles"] == ["admin-api"]
    assert "date_joined" not in plain
    assert set(whole) - set(plain) == {
        "date_joined",
        "moderated_at",
        "verified_at",
        "auth_token_expires",
    }


def test_another_user_name_is_another_address(program: Program) -> None:
    ada = a_user("ada@x.org")
    a_user("eve@x.org")
    changes = {"username": "Augusta@x.org", "last_name": "King", "metadata": {"a": 1}}
    told = program.ask("PUT", f"/{ada.uuid}", {"user": changes})["user"]
    assert (told["email"], told["last_name"]) == ("Augusta@x.org", "King")
    ada.refresh_from_db()
    assert ada.username == "augusta@x.org"
    program.ask("PUT", f"/{ada.uuid}", {"user": {"username": "eve@x.org"}}, status=409)
    program.ask("PUT", f"/{ada.uuid}", {"user": {"username": "x"}}, status=400)
    program.ask("PUT", "/nobody", {"user": {}}, status=404)


def test_actions_change_the_account(program: Program) -> None:
    ada = a_user("ada@x.org")
    place = a_project(ada)

    def act(action: str, body: object = None, status: int = 200) -> Any:
        told = program.ask("POST", f"/{ada.uuid}/action", {action: body or {}}, status)
        return told.get("user")

    assert act("deactivate", {"reason": "left"}) == {"id": ada.uuid, "is_active": False}
    assert program.ask("GET", f"/{ada.uuid}")["user"]["deactivated_reason"] == "left"
    assert act("activate")["is_active"] is True
    assert act("activate")["is_active"] is True
    token = act("renewToken")["auth_token"]
    assert tokens.find(token).user == ada
    assert act("signTerms")["has_signed_terms"] is True
    assert act("setDefaultProject", {"project_id": place.uuid})["default_project"] == place.uuid
    act("setDefaultProject", {"project_id": "none"}, 404)
    act("setDefaultProject", {"project_id": ""}, 403)
    act("fly", status=400)
    program.ask("POST", "/nobody/action", {"activate": {}}, status=404)


def test_a_refused_transition_answers_with_the_flag_as_it_was(program: Program) -> None:
    waiting = a_user("wait@x.org", accepted=False)
    for action in ("activate", "deactivate"):
        told = program.ask("POST", f"/{waiting.uuid}/action", {action: {}})
        assert told["user"]["is_active"] is False


def test_only_members_of_the_groups_get_in_and_only_where_it_is_on(program: Program) -> None:
    boss = a_user("boss@x.org", admin=True)
    with conf.override(AdminSettings, astakos_admin_api_enabled=True):
        refused = Client().get(BASE, headers={"X-Auth-Token": a_token(boss)})
        assert refused.status_code == 403
        assert Client().get(BASE).status_code == 401
    assert program.client.get(BASE).status_code == 400
    with conf.override(
        AdminSettings,
        astakos_admin_api_enabled=True,
        astakos_admin_api_permitted_groups=["others"],
    ):
        assert program.client.get(BASE).status_code == 403


def test_bodies_must_say_that_they_are_json(program: Program) -> None:
    with conf.override(AdminSettings, astakos_admin_api_enabled=True):
        answer = program.client.post(BASE, json.dumps({"user": NEW}), "text/plain")
    assert answer.status_code == 400


def test_moderation_does_not_hold_up_who_is_added(program: Program) -> None:
    with conf.override(AstakosSettings, astakos_moderation_enabled=True):
        made = program.ask("POST", body={"user": NEW})["user"]
    assert users.find(made["id"]).is_active
