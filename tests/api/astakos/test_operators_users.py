"""What operators see of people and do to them."""

from urllib.parse import quote

import pytest
from django.test import Client

from synnefo.astakos.models import (
    DATABASE,
    AuditEntry,
    AuthProvider,
    Group,
    QueuedErrand,
    Token,
    TotpDevice,
    User,
)
from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import audit, groups, tokens, users
from synnefo.kit import conf
from synnefo.kit.clock import now
from tests.support.astakos import PASSWORD, a_project, a_resource, a_token, a_user
from tests.support.operators import BASE, Desk

pytestmark = pytest.mark.django_db(databases=[DATABASE])


@pytest.fixture
def boss() -> User:
    """Make an operator."""
    return a_user("boss@x.org", admin=True)


@pytest.fixture
def desk(boss: User) -> Desk:
    """Sit down at an operator's desk."""
    return Desk(boss)


class TestFinding:
    """GET /users."""

    def test_people_are_found_by_anything(self, desk: Desk, boss: User) -> None:
        ada = a_user("ada@example.org")
        User.objects.filter(pk=ada.pk).update(first_name="Άντα", affiliation="Analytical")
        AuthProvider.objects.create(user=ada, module="google", identifier="g-17")
        audit.record("session.began", actor=ada, address="192.0.2.77")
        a_user("eve@example.org")
        for text in (
            "ADA@",
            "Άντα",
            "άντα",
            "analytical",
            ada.uuid,
            str(ada.pk),
            "g-17",
            "192.0.2.77",
        ):
            assert "ada@example.org" in desk.emails(f"&q={quote(text)}"), text
            assert "eve@example.org" not in desk.emails(f"&q={quote(text)}"), text
        assert desk.emails("&q=ada nobody") == []

    def test_filters_narrow_the_list(self, desk: Desk, boss: User) -> None:
        ada, eve = a_user("ada@x.org"), a_user("eve@x.org", accepted=False)
        users.deactivate(ada, "left")
        groups.change(eve, ["testers"], [])
        place = a_project(boss, ada)
        assert desk.emails("&state=inactive") == ["ada@x.org"]
        assert desk.emails("&state=unverified,inactive") == ["ada@x.org", "eve@x.org"]
        assert desk.emails("&group=testers") == ["eve@x.org"]
        assert desk.emails("&is_admin=true") == ["boss@x.org"]
        assert desk.emails(f"&project={place.uuid}") == ["ada@x.org", "boss@x.org"]
        told = desk.get("/users/counts?state=inactive")
        assert told["fitting"] == 1
        assert told["states"] == {
            "unverified": 1,
            "pending": 0,
            "rejected": 0,
            "active": 1,
            "inactive": 1,
        }
        assert desk.get("/users/ids?state=inactive") == {"ids": [ada.uuid], "total": 1}

    @pytest.mark.parametrize("sort", ["email", "name", "joined", "seen", "id"])
    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_pages_hold_everybody_once_in_any_order(
        self, desk: Desk, sort: str, order: str
    ) -> None:
        for number in range(6):
            a_user(f"u{number}@x.org", accepted=number % 2 == 0)
        seen: list[str] = []
        marker = ""
        while marker is not None:
            more = f"&marker={marker}" if marker else ""
            told = desk.get(f"/users?sort={sort}&order={order}&limit=2{more}")
            seen += [user["id"] for user in told["users"]]
            marker = told["next"]
        assert len(seen) == len(set(seen)) == 7

    @pytest.mark.parametrize(
        "query", ["sort=colour", "order=up", "state=odd", "marker=nobody", "limit=x"]
    )
    def test_nonsense_is_refused(self, desk: Desk, query: str) -> None:
        desk.get(f"/users?{query}", status=400)


class TestOne:
    """GET, PATCH and POST on one user."""

    def test_everything_about_a_user_is_shown_but_no_secret(self, desk: Desk) -> None:
        a_resource(limit=7)
        ada = a_user("ada@x.org")
        secret = a_token(ada)
        answer = desk.client.get(f"{BASE}/users/{ada.uuid}")
        told = answer.json()
        assert told["user"]["state"] == "active"
        assert told["projects"][0]["project"] == ada.uuid
        assert told["quota"][0]["limit"] == 7
        assert told["tokens"][0]["audit_id"] == Token.objects.get(user=ada).audit_id
        assert told["deeds"]["accept"] and not told["deeds"]["deactivate"]
        assert secret not in answer.content.decode()
        assert ada.password not in answer.content.decode()

    def test_names_address_and_rights_are_changed(self, desk: Desk) -> None:
        ada = a_user("ada@x.org")
        changes = {"first_name": "Augusta", "email": "Augusta@x.org", "is_admin": True}
        told = desk.send("PATCH", f"/users/{ada.uuid}", changes)
        assert (told["first_name"], told["username"]) == ("Augusta", "augusta@x.org")
        assert told["user"]["is_admin"] is True
        assert told["last_name"] == "Example"

    def test_nobody_takes_their_own_rights_away(self, desk: Desk, boss: User) -> None:
        desk.send("PATCH", f"/users/{boss.uuid}", {"is_admin": False}, status=409)

    def test_an_address_of_somebody_else_is_refused(self, desk: Desk) -> None:
        a_user("eve@x.org")
        ada = a_user("ada@x.org")
        desk.send("PATCH", f"/users/{ada.uuid}", {"email": "EVE@x.org"}, status=409)

    def test_a_user_is_added_and_let_in_at_once(self, desk: Desk) -> None:
        body = {"email": "new@x.org", "first_name": "N", "is_accepted": True}
        told = desk.send("POST", "/users", body, status=201)
        assert told["user"]["state"] == "active"
        assert len(told["password"]) > 10
        assert desk.send("POST", "/users", body, status=409)

    def test_a_password_is_made_and_ends_the_tokens(self, desk: Desk) -> None:
        ada = a_user("ada@x.org")
        a_token(ada)
        told = desk.send("POST", f"/users/{ada.uuid}/password", {})
        assert told["password"]
        assert not Token.objects.filter(user=ada).exists()
        ada.refresh_from_db()
        assert ada.password_must_change
        assert told["password"] not in AuditEntry.objects.latest("pk").facts
        desk.send("POST", f"/users/{ada.uuid}/password", {"password": "short"}, status=400)

    def test_limits_of_the_own_project_are_set(self, desk: Desk) -> None:
        resource = a_resource(limit=7)
        ada = a_user("ada@x.org")
        told = desk.send("PUT", f"/users/{ada.uuid}/quota", {"limits": {resource.name: 9}})
        assert told["quota"][0]["limit"] == 9
        desk.send("PUT", f"/users/{ada.uuid}/quota", {"limits": {"no.such": 9}}, status=404)
        desk.send("PUT", f"/users/{ada.uuid}/quota", {"limits": {resource.name: -1}}, status=400)

    def test_one_token_is_ended(self, desk: Desk) -> None:
        ada = a_user("ada@x.org")
        a_token(ada)
        kept = a_token(ada)
        audit_id = Token.objects.filter(user=ada).order_by("pk")[0].audit_id
        desk.send("DELETE", f"/users/{ada.uuid}/tokens/{audit_id}", status=204)
        assert tokens.find(kept)
        desk.send("DELETE", f"/users/{ada.uuid}/tokens/{audit_id}", status=404)

    def test_nobody_is_nobody(self, desk: Desk) -> None:
        desk.get("/users/nobody", status=404)


class TestDeeds:
    """POST /users/deeds."""

    def test_a_preview_tells_what_will_come_and_changes_nothing(self, desk: Desk) -> None:
        waiting = a_user("wait@x.org", accepted=False)
        told = desk.deed("verify", waiting, dry_run=True)
        assert told["outcomes"][0]["before"] == "unverified"
        assert told["outcomes"][0]["after"] == "pending"
        waiting.refresh_from_db()
        assert not waiting.email_verified
        with conf.override(AstakosSettings, astakos_moderation_enabled=False):
            told = desk.deed("verify", waiting, dry_run=True)
        assert told["outcomes"][0]["after"] == "active"
        assert told["outcomes"][0]["effects"] == {"system_project": 1}

    def test_many_are_verified_and_let_in_and_who_cannot_be_is_told(self, desk: Desk) -> None:
        people = [a_user(f"p{number}@x.org", accepted=False) for number in range(3)]
        done = a_user("done@x.org")
        assert [one["after"] for one in desk.deed("verify", *people)["outcomes"]] == [
            "pending"
        ] * 3
        told = desk.deed("accept", *people, done)["outcomes"]
        assert [one["after"] for one in told] == ["active"] * 4
        assert told[3]["refused"]
        for person in people:
            person.refresh_from_db()
            assert person.is_active

    def test_the_effects_foreseen_are_those_that_come(self, desk: Desk) -> None:
        ada = a_user("ada@x.org")
        a_token(ada)
        place = a_project(ada)
        place.owner = ada
        place.save()
        seen = desk.deed("deactivate", ada, dry_run=True, reason="left")["outcomes"][0]
        assert seen["effects"] == {"tokens": 1, "projects": 1, "memberships": 1}
        done = desk.deed("deactivate", ada, reason="left")
        assert done["outcomes"][0]["after"] == "inactive"
        assert (done["undo"], done["is_final"]) == ("activate", False)
        ada.refresh_from_db()
        assert ada.deactivated_reason == "left"
        assert not Token.objects.filter(user=ada).exists()
        assert desk.deed("activate", ada)["outcomes"][0]["after"] == "active"

    def test_operators_do_not_shut_themselves_out(self, desk: Desk, boss: User) -> None:
        told = desk.deed("deactivate", boss)["outcomes"][0]
        assert told["refused"]
        boss.refresh_from_db()
        assert boss.is_active

    def test_a_rejected_person_is_told_apart_and_may_be_accepted(self, desk: Desk) -> None:
        eve = a_user("eve@x.org", accepted=False)
        desk.deed("verify", eve)
        desk.deed("reject", eve, reason="spam")
        told = desk.get(f"/users/{eve.uuid}")["user"]
        assert (told["state"], told["reason"]) == ("rejected", "spam")
        assert desk.deed("accept", eve)["outcomes"][0]["after"] == "active"

    def test_who_was_never_let_in_can_be_deleted_and_nobody_else(self, desk: Desk) -> None:
        eve, ada = a_user("eve@x.org", accepted=False), a_user("ada@x.org")
        told = desk.deed("delete", eve, ada)["outcomes"]
        assert told[0]["after"] is None
        assert told[1]["refused"]
        assert list(User.objects.filter(pk__in=[eve.pk, ada.pk])) == [ada]

    def test_people_are_put_into_groups_and_taken_out(self, desk: Desk) -> None:
        ada = a_user("ada@x.org")
        group = Group.objects.create(name="testers")
        desk.deed("add_to_group", ada, group="testers")
        assert groups.names_of(ada) == ("testers",)
        desk.deed("take_from_group", ada, group=group.name)
        assert groups.names_of(ada) == ()
        body = {"deed": "add_to_group", "users": [ada.uuid], "group": "none"}
        desk.send("POST", "/users/deeds", body, status=404)

    def test_second_factors_are_taken_away_after_a_preview(self, desk: Desk) -> None:
        ada = a_user("ada@x.org")
        TotpDevice.objects.create(user=ada, secret="x", confirmed_at=now())
        seen = desk.deed("reset_second_factor", ada, dry_run=True)
        assert seen["outcomes"][0]["effects"] == {"factors": 1}
        assert seen["is_final"]
        assert TotpDevice.objects.filter(user=ada).exists()
        desk.deed("reset_second_factor", ada, reason="lost the phone")
        assert not TotpDevice.objects.filter(user=ada).exists()

    def test_all_sessions_and_tokens_are_ended_at_once(self, desk: Desk) -> None:
        ada = a_user("ada@x.org")
        a_token(ada)
        assert desk.deed("end_sessions", ada)["outcomes"][0]["effects"] == {"tokens": 1}
        assert not Token.objects.filter(user=ada).exists()

    def test_a_verification_mail_is_sent_to_who_waits_for_one(self, desk: Desk) -> None:
        eve, ada = a_user("eve@x.org", accepted=False), a_user("ada@x.org")
        told = desk.deed("send_verification", eve, ada)["outcomes"]
        assert [bool(one["refused"]) for one in told] == [False, True]
        errand = QueuedErrand.objects.get(name="astakos.send_mail")
        assert errand.arguments["recipient"] == eve.email

    def test_a_link_for_a_new_password_is_mailed(self, desk: Desk) -> None:
        ada = a_user("ada@x.org")
        desk.deed("send_password_reset", ada)
        errand = QueuedErrand.objects.get(name="astakos.send_mail")
        assert errand.arguments["recipient"] == "ada@x.org"
        shown = desk.get(f"/users/{ada.uuid}")["mails"]
        assert shown[0]["subject"] == errand.arguments["subject"]

    def test_a_mail_goes_to_each_by_themselves(self, desk: Desk) -> None:
        people = [a_user(f"p{number}@x.org") for number in range(2)]
        body = {
            "users": [user.uuid for user in people],
            "subject": "Maintenance\r\nBcc: eve@x.org",
            "text": "Tomorrow.",
        }
        assert desk.send("POST", "/users/mail", body, status=202) == {"sent": 2}
        mails = QueuedErrand.objects.filter(name="astakos.send_mail")
        assert [one.arguments["recipient"] for one in mails] == ["p0@x.org", "p1@x.org"]
        assert "\nBcc:" not in mails[0].arguments["message"]
        body["text"] = " "
        desk.send("POST", "/users/mail", body, status=400)

    @pytest.mark.parametrize("count", [0, 101])
    def test_too_few_or_too_many_are_refused(self, desk: Desk, count: int) -> None:
        body = {"deed": "verify", "users": ["x"] * count}
        desk.send("POST", "/users/deeds", body, status=400)

    def test_who_did_it_is_in_the_audit_log(self, desk: Desk, boss: User) -> None:
        ada = a_user("ada@x.org")
        AuditEntry.objects.all().delete()
        desk.deed("deactivate", ada, reason="left")
        entry = AuditEntry.objects.get(act="user.deactivated")
        assert (entry.actor, entry.subject) == (boss.uuid, ada.uuid)
        assert entry.address == "127.0.0.1"
        assert entry.more["reason"] == "left"


class TestTheGate:
    """Who gets in."""

    def test_ordinary_users_and_strangers_do_not(self) -> None:
        ada = a_user("ada@x.org")
        for headers, status in (({}, 401), ({"X-Auth-Token": a_token(ada)}, 403)):
            answer = Client().get(f"{BASE}/users", headers=headers)
            assert answer.status_code == status
        assert PASSWORD not in answer.content.decode()
