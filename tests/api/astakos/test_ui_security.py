"""What guards an account, over HTTP: second factors, sessions, forgotten passwords."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import time_machine

from synnefo.astakos.models import (
    DATABASE,
    AuditEntry,
    Passkey,
    PasswordReset,
    RecoveryCode,
    SessionCatalog,
    TotpDevice,
    User,
)
from synnefo.astakos.models.errands import QueuedErrand
from synnefo.astakos.settings import AstakosSettings, SecuritySettings
from synnefo.astakos.usecases import passkeys, password_changes, passwords, tokens, users
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.webproject.settings import WebprojectSettings
from synnefo.webproject.ui import protection
from tests.support.astakos import PASSWORD, a_user
from tests.support.authenticator import Authenticator
from tests.support.page import Page

pytestmark = pytest.mark.django_db(databases=[DATABASE])


def signed_in(user: User, **more: Any) -> Page:
    """Open a browser in which a user is signed in."""
    page = Page(**more)
    assert page.sign_in(user.username, PASSWORD).status_code == 200
    assert page.token
    return page


def with_app(page: Page) -> tuple[pyotp.TOTP, list[str]]:
    """Set up an authenticator app; answers it, and the recovery codes."""
    told = page.post("/security/app").json()
    app = pyotp.TOTP(told["secret"])
    answer = page.post("/security/app/confirm", {"code": app.at(now() - timedelta(seconds=30))})
    assert answer.status_code == 200, answer.content
    return app, answer.json()["recovery_codes"]


def with_passkey(page: Page, name: str = "Laptop") -> tuple[Authenticator, dict[str, Any]]:
    """Add a passkey; answers the device and what the page was told."""
    device = Authenticator()
    asked = page.post("/security/passkeys/question").json()
    answer = {"key": asked["key"], "response": device.make(asked["options"])}
    added = page.post("/security/passkeys", {"answer": answer, "name": name})
    assert added.status_code == 201, added.content
    return device, added.json()


def letters() -> list[str]:
    """Answer the texts of the mails that wait to leave."""
    rows = QueuedErrand.objects.filter(name="astakos.send_mail").order_by("pk")
    return [row.arguments["message"] for row in rows]


class TestAuthenticatorApps:
    """TOTP: set up, asked for, each code good once."""

    def test_a_code_is_asked_for_after_the_password(self) -> None:
        user = a_user()
        app, _ = with_app(signed_in(user))
        page = Page()
        waiting = page.sign_in(user.username, PASSWORD)
        assert waiting.json() == {"step": "second-factor", "kinds": ["totp", "recovery"]}
        assert "synnefo_session" not in page.client.cookies
        assert page.get("/session").json()["step"] == "second-factor"
        assert page.post("/session/code", {"code": "000000"}).status_code == 401
        entered = page.took(page.post("/session/code", {"code": app.now()}))
        assert entered.json()["user"]["id"] == user.uuid
        assert page.get("/session").json() == entered.json()
        assert tokens.find(page.token).methods == "password,totp"

    def test_a_code_is_good_once(self) -> None:
        user = a_user()
        app, _ = with_app(signed_in(user))
        code = app.now()
        first, second = Page(), Page()
        for page in (first, second):
            page.sign_in(user.username, PASSWORD)
        assert first.post("/session/code", {"code": code}).status_code == 200
        assert second.post("/session/code", {"code": code}).status_code == 401
        earlier = app.at(now() - timedelta(seconds=30))
        assert second.post("/session/code", {"code": earlier}).status_code == 401

    def test_the_code_that_confirmed_the_app_does_not_sign_in(self) -> None:
        user = a_user()
        page = signed_in(user)
        app = pyotp.TOTP(page.post("/security/app").json()["secret"])
        code = app.now()
        assert page.post("/security/app/confirm", {"code": code}).status_code == 200
        other = Page()
        other.sign_in(user.username, PASSWORD)
        assert other.post("/session/code", {"code": code}).status_code == 401

    def test_the_secret_is_shown_in_three_forms_and_kept_in_none_of_them(self) -> None:
        user = a_user()
        told = signed_in(user).post("/security/app").json()
        assert told["link"].startswith("otpauth://totp/Synnefo:")
        assert told["secret"] in told["link"]
        assert told["picture"].startswith("<svg")
        kept = TotpDevice.objects.get(user=user).secret
        assert told["secret"] not in kept
        assert told["secret"].encode() not in base64.b64decode(kept.removeprefix("v1:"))

    def test_a_secret_of_another_user_cannot_be_put_in_place(self) -> None:
        mine, theirs = a_user(), a_user()
        app, _ = with_app(signed_in(mine))
        with_app(signed_in(theirs))
        stolen = TotpDevice.objects.get(user=mine).secret
        TotpDevice.objects.filter(user=theirs).update(secret=stolen)
        page = Page()
        page.sign_in(theirs.username, PASSWORD)
        assert page.post("/session/code", {"code": app.now()}).status_code == 401

    def test_an_app_that_is_not_confirmed_is_not_asked_for(self) -> None:
        user = a_user()
        signed_in(user).post("/security/app")
        assert "token" in Page().sign_in(user.username, PASSWORD).json()

    def test_guessing_codes_ends_the_attempt_and_then_the_place(self) -> None:
        user = a_user()
        app, _ = with_app(signed_in(user))
        page = Page()
        page.sign_in(user.username, PASSWORD)
        codes = [page.post("/session/code", {"code": f"00000{n}"}).status_code for n in range(8)]
        assert codes == [401] * 8
        assert page.post("/session/code", {"code": app.now()}).status_code == 401
        page.sign_in(user.username, PASSWORD)
        held = [page.post("/session/code", {"code": f"00000{n}"}).status_code for n in range(4)]
        assert 429 in held
        elsewhere = Page("198.51.100.7")
        elsewhere.sign_in(user.username, PASSWORD)
        assert elsewhere.post("/session/code", {"code": app.now()}).status_code == 200

    def test_turning_it_off_needs_no_code_but_a_fresh_proof(self) -> None:
        user = a_user()
        page = signed_in(user)
        with_app(page)
        with time_machine.travel(now() + timedelta(hours=1)):
            refused = page.delete("/security/app")
            assert refused.status_code == 403
            assert refused.headers["X-Confirm"] == "required"
            assert page.post("/session/confirm", {"password": "wrong"}).status_code == 400
            assert page.post("/session/confirm", {"password": PASSWORD}).status_code == 200
            assert page.delete("/security/app").status_code == 204
        assert not RecoveryCode.objects.exists()
        assert "token" in Page().sign_in(user.username, PASSWORD).json()


class TestRecoveryCodes:
    """Shown once, each good once."""

    def test_one_lets_in_once_and_is_told_by_mail(self) -> None:
        user = a_user()
        _, codes = with_app(signed_in(user))
        assert len(set(codes)) == 10
        for expected in (200, 401):
            page = Page()
            page.sign_in(user.username, PASSWORD)
            given = codes[0].upper().replace("-", " ")
            assert page.post("/session/code", {"code": given}).status_code == expected
        assert any("recovery code was used" in text for text in letters())

    def test_only_digests_are_kept(self) -> None:
        _, codes = with_app(signed_in(a_user()))
        kept = "".join(RecoveryCode.objects.values_list("digest", flat=True))
        assert not any(code.replace("-", "") in kept for code in codes)

    def test_new_ones_end_the_old(self) -> None:
        user = a_user()
        page = signed_in(user)
        _, old = with_app(page)
        new = page.post("/security/recovery-codes").json()["recovery_codes"]
        assert not set(old) & set(new)
        assert page.get("/security").json()["recovery_codes_left"] == 10
        other = Page()
        other.sign_in(user.username, PASSWORD)
        assert other.post("/session/code", {"code": old[0]}).status_code == 401
        assert other.post("/session/code", {"code": new[0]}).status_code == 200

    def test_there_are_none_without_a_factor(self) -> None:
        assert signed_in(a_user()).post("/security/recovery-codes").status_code == 409


class TestPasskeys:
    """Made, used as a factor and alone, never copied or replayed."""

    def sign_in(self, page: Page, device: Authenticator) -> Any:
        """Sign in by a passkey alone."""
        asked = page.post("/session/passkey/question", {"purpose": "sign-in"}).json()
        body = {"key": asked["key"], "response": device.sign(asked["options"])}
        return page.took(page.post("/session/passkey", body))

    def test_one_signs_in_without_a_password(self) -> None:
        user = a_user()
        device, told = with_passkey(signed_in(user))
        assert told["passkey"]["name"] == "Laptop"
        assert len(told["recovery_codes"]) == 10
        page = Page()
        asked = page.post("/session/passkey/question", {"purpose": "sign-in"}).json()
        assert asked["options"]["userVerification"] == "required"
        assert not asked["options"].get("allowCredentials")
        assert self.sign_in(page, device).json()["user"]["id"] == user.uuid
        assert tokens.find(page.token).methods == "passkey"

    def test_one_is_a_second_factor(self) -> None:
        user = a_user()
        device, _ = with_passkey(signed_in(user))
        page = Page()
        assert page.sign_in(user.username, PASSWORD).json()["kinds"] == ["passkey", "recovery"]
        asked = page.post("/session/passkey/question", {"purpose": "factor"}).json()
        body = {"key": asked["key"], "response": device.sign(asked["options"])}
        assert page.post("/session/passkey/factor", body).status_code == 200

    def test_a_device_that_verifies_nobody_does_not_do_alone(self) -> None:
        device, _ = with_passkey(signed_in(a_user()))
        device.verifies = False
        assert self.sign_in(Page(), device).status_code == 401

    def test_an_answer_counts_once(self) -> None:
        device, _ = with_passkey(signed_in(a_user()))
        page = Page()
        asked = page.post("/session/passkey/question", {"purpose": "sign-in"}).json()
        body = {"key": asked["key"], "response": device.sign(asked["options"])}
        assert page.post("/session/passkey", body).status_code == 200
        assert Page().post("/session/passkey", body).status_code == 401

    def test_an_answer_to_one_question_is_none_to_another(self) -> None:
        user = a_user()
        device, _ = with_passkey(signed_in(user))
        page = Page()
        page.sign_in(user.username, PASSWORD)
        asked = page.post("/session/passkey/question", {"purpose": "factor"}).json()
        body = {"key": asked["key"], "response": device.sign(asked["options"])}
        assert Page().post("/session/passkey", body).status_code == 401
        first = page.post("/session/passkey/question", {"purpose": "sign-in"}).json()
        second = page.post("/session/passkey/question", {"purpose": "sign-in"}).json()
        crossed = {"key": first["key"], "response": device.sign(second["options"])}
        assert page.post("/session/passkey", crossed).status_code == 401

    def test_questions_are_not_asked_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(passkeys, "MOST_ASKED", 2)
        body = {"purpose": "sign-in"}
        codes = [Page().post("/session/passkey/question", body).status_code for _ in range(3)]
        assert codes == [200, 200, 429]
        elsewhere = Page("198.51.100.7").post("/session/passkey/question", body)
        assert elsewhere.status_code == 200

    def test_a_counter_that_does_not_grow_betrays_a_copy(self) -> None:
        user = a_user()
        device, _ = with_passkey(signed_in(user))
        assert self.sign_in(Page(), device).status_code == 200
        device.count = 0
        refused = self.sign_in(Page(), device)
        assert refused.status_code == 401
        assert "copied" in refused.json()["error"]["message"]
        assert AuditEntry.objects.filter(act="passkey.copied", subject=user.uuid).exists()

    def test_a_page_elsewhere_gets_no_use_of_it(self) -> None:
        device, _ = with_passkey(signed_in(a_user()))
        device.origin = "http://testserver.evil.example"
        assert self.sign_in(Page(), device).status_code == 401

    def test_another_users_key_is_no_factor_of_mine(self) -> None:
        mine, theirs = a_user(), a_user()
        with_passkey(signed_in(mine))
        device, _ = with_passkey(signed_in(theirs))
        page = Page()
        page.sign_in(mine.username, PASSWORD)
        asked = page.post("/session/passkey/question", {"purpose": "factor"}).json()
        body = {"key": asked["key"], "response": device.sign(asked["options"])}
        assert page.post("/session/passkey/factor", body).status_code == 401

    def test_names_change_and_keys_go(self) -> None:
        user, stranger = a_user(), a_user()
        page = signed_in(user)
        device, told = with_passkey(page)
        path = f"/security/passkeys/{told['passkey']['id']}"
        assert page.send("PATCH", path, {"name": " Blue  key "}).json()["name"] == "Blue key"
        assert signed_in(stranger).delete(path).status_code == 404
        assert page.delete(path).status_code == 204
        assert not Passkey.objects.exists()
        assert self.sign_in(Page(), device).status_code == 401

    @pytest.mark.parametrize("response", [{}, {"id": 5}, {"rawId": "AA", "response": []}])
    def test_nonsense_is_refused(self, response: dict[str, Any]) -> None:
        page = signed_in(a_user())
        asked = page.post("/session/passkey/question", {"purpose": "sign-in"}).json()
        body = {"key": asked["key"], "response": response}
        assert page.post("/session/passkey", body).status_code == 401
        asked = page.post("/security/passkeys/question").json()
        body = {"answer": {"key": asked["key"], "response": response}}
        assert page.post("/security/passkeys", body).status_code == 400


class TestRequiredFactors:
    """Who must have a second factor gets no session before."""

    @pytest.fixture(autouse=True)
    def _required(self) -> Iterator[None]:
        with conf.override(SecuritySettings, astakos_second_factor_required="operators"):
            yield

    def test_an_operator_sets_one_up_on_the_way_in(self) -> None:
        user = a_user(admin=True)
        page = Page()
        assert page.sign_in(user.username, PASSWORD).json()["step"] == "enrol"
        assert page.post("/session/code", {"code": "000000"}).status_code == 401
        told = page.post("/session/app").json()
        code = pyotp.TOTP(told["secret"]).now()
        answer = page.took(page.post("/session/app/confirm", {"code": code})).json()
        assert answer["entered"]["user"]["id"] == user.uuid
        assert len(answer["recovery_codes"]) == 10
        assert page.delete("/security/app").status_code == 409
        assert TotpDevice.objects.filter(user=user).exists()

    def test_others_are_not_asked(self) -> None:
        assert "token" in Page().sign_in(a_user().username, PASSWORD).json()


class TestSessions:
    """Listed, ended, never taken over."""

    def test_they_are_listed_with_where_and_what(self) -> None:
        user = a_user()
        here, there = signed_in(user), signed_in(user, address="198.51.100.7")
        listed = here.get("/sessions").json()["sessions"]
        assert {each["address"] for each in listed} == {"192.0.2.1", "198.51.100.7"}
        assert [each["is_current"] for each in listed].count(True) == 1
        current = next(each for each in listed if each["is_current"])
        assert current["address"] == "192.0.2.1"
        assert current["method"] == "password"
        assert there.get("/sessions").status_code == 200

    def test_one_that_is_ended_is_out_at_once(self) -> None:
        user = a_user()
        here, there = signed_in(user), signed_in(user)
        other = next(s for s in here.get("/sessions").json()["sessions"] if not s["is_current"])
        assert here.delete(f"/sessions/{other['id']}").status_code == 204
        assert there.get("/sessions").status_code == 401
        assert there.get("/session").status_code == 401
        assert here.delete(f"/sessions/{other['id']}").status_code == 404

    def test_tokens_got_by_a_session_end_with_it(self) -> None:
        user = a_user()
        here, there = signed_in(user), signed_in(user)
        row = tokens.find(there.token)
        child = tokens.issue(user, tokens.Wish(user.default_project, ("token",), row)).id
        other = next(s for s in here.get("/sessions").json()["sessions"] if not s["is_current"])
        here.delete(f"/sessions/{other['id']}")
        with pytest.raises(Exception, match="unknown or has expired"):
            tokens.find(child)

    def test_all_others_end_together(self) -> None:
        user, stranger = a_user(), a_user()
        here, outside = signed_in(user), signed_in(stranger)
        others = [signed_in(user) for _ in range(3)]
        assert here.delete("/sessions").json() == {"ended": 3}
        assert [page.get("/session").status_code for page in others] == [401] * 3
        assert here.get("/session").status_code == outside.get("/session").status_code == 200

    def test_a_stranger_ends_nothing(self) -> None:
        user = a_user()
        page = signed_in(user)
        key = SessionCatalog.objects.get(user=user).session_key
        assert signed_in(a_user()).delete(f"/sessions/{key}").status_code == 404
        assert page.get("/session").status_code == 200

    def test_signing_in_never_takes_over_a_session_that_was_there(self) -> None:
        attacker, victim = a_user(), a_user()
        page = signed_in(attacker)
        planted = page.client.cookies["synnefo_session"].value
        page.token = ""
        page.sign_in(victim.username, PASSWORD)
        assert page.client.cookies["synnefo_session"].value != planted
        thief = Page()
        thief.client.cookies["synnefo_session"] = planted
        assert thief.get("/session").status_code == 401

    def test_programs_have_no_session_to_confirm(self) -> None:
        user = a_user()
        page = Page()
        page.token = tokens.renew(user).id
        assert page.post("/session/confirm", {"password": PASSWORD}).status_code == 400
        assert page.post("/security/app").status_code == 403

    def test_a_page_of_another_site_is_refused(self) -> None:
        user = a_user()
        body = {"username": user.username, "password": PASSWORD}
        foreign = {"Origin": "https://evil.example"}
        assert Page().post("/session", body, headers=foreign).status_code == 403
        own = {"Origin": "http://testserver"}
        assert Page().post("/session", body, headers=own).status_code == 200

    def test_answers_are_kept_by_nobody_and_framed_by_nobody(self) -> None:
        answer = Page().sign_in(a_user().username, PASSWORD)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"] == "sandbox"
        for cookie in answer.cookies.values():
            assert cookie["httponly"]
            assert cookie["samesite"] == "Strict"
            assert cookie["path"] == "/astakos"


class TestPasswords:
    """Changed by the old one, because one must, or by a mailed link."""

    NEW = "another horse entirely"

    def test_the_old_one_is_asked_for(self) -> None:
        user = a_user()
        page, other = signed_in(user), signed_in(user)
        body = {"old": "wrong", "password": self.NEW}
        assert page.post("/security/password", body).status_code == 400
        body = {"old": PASSWORD, "password": self.NEW}
        assert page.post("/security/password", body).status_code == 204
        assert page.get("/session").status_code == 200
        assert other.get("/session").status_code == 401
        assert Page().sign_in(user.username, PASSWORD).status_code == 401
        assert Page().sign_in(user.username, self.NEW).status_code == 200
        assert any("password of your account" in text for text in letters())

    @pytest.mark.parametrize("ends", [True, False])
    def test_api_tokens_end_with_it_where_the_settings_say_so(self, *, ends: bool) -> None:
        user = a_user()
        page = signed_in(user)
        token = tokens.renew(user).id
        body = {"old": PASSWORD, "password": self.NEW, "end_tokens": False}
        with conf.override(AstakosSettings, astakos_newpasswd_invalidate_token=ends):
            assert page.get("/security").json()["password"]["ends_tokens"] is ends
            assert page.post("/security/password", body).status_code == 204
        probe = Page()
        probe.token = token
        assert probe.get("/sessions").status_code == (401 if ends else 200)
        assert page.get("/sessions").status_code == 200

    @pytest.mark.parametrize(
        "poor", ["short", "password123", "aaaaaaaaaa", "abcdefghij", "ada example"]
    )
    def test_poor_ones_are_refused_with_a_reason(self, poor: str) -> None:
        page = signed_in(a_user())
        answer = page.post("/security/password", {"old": PASSWORD, "password": poor})
        assert answer.status_code == 400
        assert answer.json()["error"]["message"].endswith(".")

    def test_one_that_must_be_changed_lets_nobody_in(self) -> None:
        user = a_user()
        User.objects.filter(pk=user.pk).update(password_must_change=True)
        page = Page()
        assert page.sign_in(user.username, PASSWORD).json() == {
            "step": "new-password",
            "kinds": [],
        }
        assert page.post("/session/password", {"password": "short"}).status_code == 400
        assert page.post("/session/password", {"password": PASSWORD}).status_code == 409
        entered = page.took(page.post("/session/password", {"password": self.NEW}))
        assert entered.json()["user"]["id"] == user.uuid
        assert "token" in Page().sign_in(user.username, self.NEW).json()

    def test_an_old_one_runs_out_where_the_settings_say_so(self) -> None:
        user = a_user()
        old = now() - timedelta(days=31)
        User.objects.filter(pk=user.pk).update(password_changed_at=old)
        with conf.override(SecuritySettings, astakos_password_expires_days=30):
            assert Page().sign_in(user.username, PASSWORD).json()["step"] == "new-password"

    def test_a_forgotten_one_is_set_by_a_link_once(self) -> None:
        user = a_user()
        page = signed_in(user)
        assert Page().post("/password-reset", {"email": user.email}).status_code == 202
        self.work()
        key = self.key_of(letters()[-1])
        stranger = Page()
        owner = stranger.post("/password-reset/owner", {"key": key}).json()
        assert owner["email"] == user.email
        body = {"key": key, "password": "short"}
        assert stranger.post("/password-reset/password", body).status_code == 400
        body = {"key": key, "password": self.NEW}
        assert stranger.post("/password-reset/password", body).status_code == 204
        assert stranger.post("/password-reset/password", body).status_code == 410
        assert page.get("/session").status_code == 401
        assert Page().sign_in(user.username, self.NEW).status_code == 200

    def test_a_link_grows_old_and_is_replaced_by_the_next(self) -> None:
        user = a_user()
        first, second = (password_changes.new_link(user) for _ in range(2))
        page = Page()
        assert page.post("/password-reset/owner", {"key": first}).status_code == 410
        assert page.post("/password-reset/owner", {"key": second}).status_code == 200
        with time_machine.travel(now() + timedelta(minutes=61)):
            assert page.post("/password-reset/owner", {"key": second}).status_code == 410

    def test_a_link_does_not_go_around_the_second_factor(self) -> None:
        user = a_user()
        with_app(signed_in(user))
        key = password_changes.new_link(user)
        Page().post("/password-reset/password", {"key": key, "password": self.NEW})
        told = Page().sign_in(user.username, self.NEW).json()
        assert told["step"] == "second-factor"

    def test_asking_for_a_link_tells_nothing_about_accounts(self) -> None:
        user, sleeper = a_user(), a_user()
        users.deactivate(sleeper)
        answers = set()
        for email in (user.email, sleeper.email, "nobody@example.org"):
            answer = Page().post("/password-reset", {"email": email})
            answers.add((answer.status_code, answer.content))
        assert len(answers) == 1
        assert QueuedErrand.objects.filter(name="astakos.send_password_reset").count() == 3
        self.work()
        assert PasswordReset.objects.count() == 1
        assert len(letters()) == 1

    def test_links_are_not_mailed_without_end(self) -> None:
        user = a_user()
        for number in range(6):
            Page(f"198.51.100.{number}").post("/password-reset", {"email": user.email})
        self.work()
        assert len(letters()) == password_changes.PER_ACCOUNT
        page = Page()
        codes = [
            page.post("/password-reset", {"email": "x@example.org"}).status_code for _ in range(22)
        ]
        assert codes == [202] * 20 + [429] * 2

    def work(self) -> None:
        """Run the errands that mail links."""
        for row in QueuedErrand.objects.filter(name="astakos.send_password_reset"):
            password_changes.send_link(**row.arguments)
            row.delete()

    @staticmethod
    def key_of(text: str) -> str:
        """Find the key in a mail."""
        plain = text.replace("=\n", "").replace("=3D", "=")
        return plain.split("/ui/reset#")[1].split()[0]


class TestInactiveAccounts:
    """Who knows the password is told why; who does not learns nothing."""

    def test_the_reason_is_told_to_the_owner_alone(self) -> None:
        waiting = a_user(accepted=False)
        refused = Page().sign_in(waiting.username, PASSWORD)
        assert refused.status_code == 403
        assert refused.headers["X-Account-State"] == "unverified"
        guess = Page().sign_in(waiting.username, "wrong password")
        unknown = Page().sign_in("nobody@example.org", "wrong password")
        assert guess.status_code == unknown.status_code == 401
        assert guess.content == unknown.content
        assert "X-Account-State" not in guess.headers


def test_hashes_are_made_with_the_settings_of_today() -> None:
    user = a_user()
    assert not passwords.is_outdated(user.password)


def test_pages_are_framed_by_nobody_and_run_only_named_scripts() -> None:
    policy = protection()["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'self';" in policy
    assert protection()["X-Frame-Options"] == "DENY"
    with conf.override(WebprojectSettings, ui_script_sources=["https://www.google.com"]):
        assert (
            "default-src 'self' https://www.google.com;" in protection()["Content-Security-Policy"]
        )
