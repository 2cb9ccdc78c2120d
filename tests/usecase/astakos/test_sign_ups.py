"""Becoming a user: asked for, confirmed by a mailed link, decided about, greeted."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import pytest
import time_machine
from django.db import connections

from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.jobs import sign_up as jobs
from synnefo.astakos.models import AuditEntry, AuthProvider, Invitation, SignUp, User
from synnefo.astakos.settings import AstakosSettings, SignUpSettings
from synnefo.astakos.usecases import (
    activations,
    invitations,
    passwords,
    sign_ups,
    terms,
    tokens,
    users,
)
from synnefo.astakos.usecases.activations import Proof, Result, Verified
from synnefo.astakos.usecases.sign_ups import Asked, Form, Registered
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import (
    BadRequest,
    Conflict,
    Fault,
    Forbidden,
    Gone,
    TooManyRequests,
    Unauthorized,
)
from synnefo.serve import errands
from synnefo.serve.mail_settings import MailSettings
from tests.support.astakos import a_token, a_user
from tests.support.mailbox import Kept, Mailbox, a_mailbox
from tests.support.puzzles import a_solution

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)

T = TypeVar("T")
SECRET = "vivid lanterns hum"
HERE = "192.0.2.7"
assert jobs


@pytest.fixture(autouse=True)
def box() -> Iterator[Mailbox]:
    people: dict[str, object] = {
        "helpdesk": [("Help", "help@cloud.example.org")],
        "managers": [("Boss", "boss@cloud.example.org")],
        "admins": [("Boss", "boss@cloud.example.org"), ("Root", "root@cloud.example.org")],
    }
    with a_mailbox(template_dirs=[], **people) as box:
        yield box


@pytest.fixture(autouse=True)
def _cheap_puzzles() -> Iterator[None]:
    with conf.override(SignUpSettings, astakos_altcha_cost=20):
        yield


def asked(email: str = "ada@example.org", **more: object) -> Registered:
    form = {"email": email, "password": SECRET, "captcha": a_solution(), **more}
    registered = sign_ups.register(Form(**form), HERE)  # type: ignore[arg-type] # named above
    work()
    return registered


def work() -> None:
    while errands.run_due("astakos"):
        pass


def code_of(mail: Kept) -> str:
    return unquote(urlsplit(mail.link).fragment)


def person(name: str) -> users.NewUser:
    stored = passwords.hash_password(SECRET)
    return users.NewUser(email="ada@example.org", first_name=name, password_hash=stored)


def at_once(things: Sequence[T], act: Callable[[T], object]) -> list[object]:
    """Do something with each thing in a thread of its own; failures count as outcomes."""

    def tried(thing: T) -> object:
        try:
            return act(thing)
        except Fault as fault:
            return fault
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(tried, things))


def of(email: str) -> User:
    return User.objects.get(email=email)


class TestRoad:
    """From the form to an account that works."""

    def test_the_whole_road_with_moderation(self, box: Mailbox) -> None:
        registered = asked(first_name="Ada", last_name="Lovelace")
        user = of("ada@example.org")
        assert (user.email_verified, user.is_active, user.realname) == (
            False,
            False,
            "Ada Lovelace",
        )
        link = box.to("ada@example.org")[0]
        assert link.link.startswith("http://127.0.0.1:8000/ui/activate#")
        verified = activations.verify_by_link(code_of(link), Proof(registered.browser))
        work()
        assert (verified.result, verified.may_enter) == (Result.PENDING_MODERATION, False)
        told = {mail.to[0]: mail for mail in box.kept[1:]}
        assert set(told) == {
            "help@cloud.example.org",
            "boss@cloud.example.org",
            "root@cloud.example.org",
        }
        assert f"user-modify --accept {user.pk}" in told["boss@cloud.example.org"].text
        box.kept.clear()
        activations.accept(of("ada@example.org"))
        work()
        user = users.find(user.uuid)
        assert user.is_active
        assert user.default_project is not None
        assert (user.accepted_policy, user.accepted_email) == ("manual", "ada@example.org")
        assert '"email":"ada@example.org"' in user.moderated_data
        assert "argon2" not in user.moderated_data
        assert box.to("ada@example.org")[0].subject == "Welcome to Synnefo"
        assert "was let in" in box.to("help@cloud.example.org")[0].subject
        acts = list(AuditEntry.objects.order_by("pk").values_list("act", flat=True))
        assert acts == [
            "user.signed-up",
            "user.verification-sent",
            "user.verified",
            "user.accepted",
        ]

    @pytest.mark.parametrize(
        ("settings", "policy"),
        [
            ({"astakos_moderation_enabled": False}, "auto_moderation"),
            ({"astakos_re_user_email_patterns": [r".*@example\.org$"]}, "email"),
        ],
    )
    def test_a_rule_lets_people_in_at_once(
        self, box: Mailbox, settings: dict[str, object], policy: str
    ) -> None:
        with conf.override(AstakosSettings, **settings):
            registered = asked()
            code = code_of(box.kept[0])
            verified = activations.verify_by_link(code, Proof(registered.browser))
        assert (verified.result, verified.may_enter) == (Result.ACCEPTED, True)
        assert of("ada@example.org").accepted_policy == policy

    def test_a_pattern_matches_from_the_start_only(self, box: Mailbox) -> None:
        with conf.override(AstakosSettings, astakos_re_user_email_patterns=["example"]):
            registered = asked()
            found = activations.verify_by_link(code_of(box.kept[0]), Proof(registered.browser))
        assert found.result is Result.PENDING_MODERATION

    def test_a_providers_policy_lets_people_in(self, box: Mailbox) -> None:
        names = conf.current().names
        names["ASTAKOS_AUTH_PROVIDER_LOCAL_AUTOMODERATE_POLICY"] = True
        try:
            registered = asked()
            activations.verify_by_link(code_of(box.kept[0]), Proof(registered.browser))
        finally:
            del names["ASTAKOS_AUTH_PROVIDER_LOCAL_AUTOMODERATE_POLICY"]
        assert of("ada@example.org").accepted_policy == "auth_provider_local"

    def test_a_policy_that_trusts_addresses_asks_for_no_link(self) -> None:
        names = conf.current().names
        names["ASTAKOS_AUTH_PROVIDER_LOCAL_AUTOVERIFY_POLICY"] = True
        try:
            with conf.override(AstakosSettings, astakos_moderation_enabled=False):
                registered = asked()
        finally:
            del names["ASTAKOS_AUTH_PROVIDER_LOCAL_AUTOVERIFY_POLICY"]
        assert registered.user is not None
        assert registered.user.is_active

    def test_a_new_user_signs_in_by_password_and_by_nothing_else(self) -> None:
        asked()
        assert [str(each) for each in AuthProvider.objects.all()] == ["local"]

    def test_somebody_rejected_hears_nothing_and_may_be_accepted_later(self, box: Mailbox) -> None:
        registered = asked()
        user = activations.verify_by_link(code_of(box.kept[0]), Proof(registered.browser)).user
        work()
        box.kept.clear()
        users.reject(user, "no such person")
        work()
        assert box.kept == []
        assert activations.result_of(users.find(user.uuid)) is Result.REJECTED
        activations.accept(user)
        work()
        assert users.find(user.uuid).is_active
        assert len(box.to("ada@example.org")) == 1

    def test_mails_speak_greek_to_who_asked_in_greek(self, box: Mailbox) -> None:
        asked(language="el")
        assert "επιβεβαίωσ" in box.kept[0].subject.lower()
        assert "Αγαπητ" in box.kept[0].text


class TestLinks:
    """Links that confirm an address."""

    def test_a_link_works_once(self, box: Mailbox) -> None:
        registered = asked()
        code = code_of(box.kept[0])
        activations.verify_by_link(code, Proof(registered.browser))
        with pytest.raises(Gone):
            activations.verify_by_link(code, Proof(registered.browser))

    def test_a_link_runs_out(self, box: Mailbox) -> None:
        registered = asked()
        with time_machine.travel(now() + timedelta(hours=73)), pytest.raises(Gone):
            activations.verify_by_link(code_of(box.kept[0]), Proof(registered.browser))

    @pytest.mark.parametrize("code", ["", "x", "0" * 43, "\0", "é" * 500])
    def test_a_made_up_code_opens_nothing(self, code: str) -> None:
        a_user(accepted=False)
        with pytest.raises(Gone):
            activations.verify_by_link(code, Proof())

    def test_a_newer_link_ends_the_older(self, box: Mailbox) -> None:
        registered = asked()
        activations.ask_again("ADA@example.org")
        work()
        older, newer = (code_of(mail) for mail in box.kept)
        with pytest.raises(Gone):
            activations.verify_by_link(older, Proof(registered.browser))
        assert activations.verify_by_link(newer, Proof(registered.browser))

    def test_another_browser_needs_the_password_of_the_sign_up(self, box: Mailbox) -> None:
        asked()
        code = code_of(box.kept[0])
        with pytest.raises(Forbidden) as refused:
            activations.verify_by_link(code, Proof("another"))
        assert refused.value.headers["X-Password"] == "required"
        with pytest.raises(Forbidden):
            activations.verify_by_link(code, Proof("", "a wrong password"))
        assert not of("ada@example.org").email_verified
        assert activations.verify_by_link(code, Proof("", SECRET)).user.email_verified

    def test_passwords_for_one_link_cannot_be_guessed(self, box: Mailbox) -> None:
        asked()
        code = code_of(box.kept[0])
        for number in range(activations.TRIES):
            with pytest.raises(Forbidden):
                activations.verify_by_link(code, Proof("", f"guess {number}"))
        with pytest.raises(TooManyRequests):
            activations.verify_by_link(code, Proof("", SECRET))

    def test_nobody_confirms_an_account_that_another_made_with_their_address(
        self, box: Mailbox
    ) -> None:
        mine = asked(password="mine and only mine")
        asked(password="the attacker chose this")
        with pytest.raises(Gone):
            activations.verify_by_link(code_of(box.kept[0]), Proof(mine.browser))
        with pytest.raises(Forbidden):
            activations.verify_by_link(
                code_of(box.kept[1]), Proof(mine.browser, "mine and only mine")
            )

    def test_whom_an_operator_added_confirms_without_signing_in(self, box: Mailbox) -> None:
        user = a_user("eve@example.org", accepted=False)
        activations.send_link(user)
        work()
        found = activations.verify_by_link(code_of(box.kept[0]), Proof())
        assert (found.user.email_verified, found.may_enter) == (True, False)

    def test_a_confirmed_address_gets_no_link(self) -> None:
        with pytest.raises(Conflict):
            activations.send_link(a_user())

    def test_no_secret_of_a_link_lies_in_the_database(self, box: Mailbox) -> None:
        registered = asked()
        user = of("ada@example.org")
        assert user.verification_code not in {None, code_of(box.kept[0])}
        assert SignUp.objects.get(user=user).browser != registered.browser


class TestSameAddress:
    """Two sign-ups with one address."""

    def test_a_later_sign_up_replaces_the_unconfirmed_one(self, box: Mailbox) -> None:
        asked(first_name="Old")
        registered = asked("ADA@example.org", first_name="New")
        assert [user.first_name for user in User.objects.all()] == ["New"]
        code = code_of(box.to("ADA@example.org")[0])
        assert activations.verify_by_link(code, Proof(registered.browser))

    def test_the_owner_of_an_address_is_told_and_the_asker_is_not(self, box: Mailbox) -> None:
        holder = a_user("ada@example.org")
        box.kept.clear()
        known, unknown = asked("Ada@Example.org"), asked("new@example.org")
        assert (known.result, known.user) == (unknown.result, unknown.user)
        assert "you have an account already" in box.to("ada@example.org")[0].subject
        assert User.objects.get(email__iexact="ada@example.org").pk == holder.pk

    def test_asking_again_tells_nothing_and_mails_only_who_waits(self, box: Mailbox) -> None:
        a_user("ada@example.org")
        asked("new@example.org")
        box.kept.clear()
        for email in ("ada@example.org", "new@example.org", "nobody@example.org"):
            activations.ask_again(email)
        work()
        assert sorted(mail.to[0] for mail in box.kept) == ["ada@example.org", "new@example.org"]

    def test_an_address_gets_few_mails_however_often_somebody_asks(self, box: Mailbox) -> None:
        for _ in range(8):
            activations.ask_again("new@example.org")
            asked("new@example.org")
        assert len(box.to("new@example.org")) <= 5

    def test_of_many_sign_ups_at_once_one_gets_the_address(self, box: Mailbox) -> None:
        """Whoever is quickest: the others are refused, and none breaks."""
        with conf.override(SignUpSettings, astakos_mails_per_address=100):
            several = [
                Asked(person(str(number)), f"browser {number}", None) for number in range(6)
            ]
            at_once(several, sign_ups.carry_out)
        work()
        SignUp.objects.update(browser=digest_of("mine"))
        codes = [code_of(mail) for mail in box.kept]
        outcomes = at_once(codes, lambda code: activations.verify_by_link(code, Proof("mine")))
        assert len(codes) == 6
        assert sum(isinstance(outcome, Verified) for outcome in outcomes) == 1
        assert all(isinstance(each, Verified | Gone | Conflict) for each in outcomes)
        assert User.objects.filter(email__iexact="ada@example.org").count() == 1

    def test_an_address_confirmed_meanwhile_is_refused_kindly(self, box: Mailbox) -> None:
        registered = asked()
        User.objects.update(email="other@example.org", username="other@example.org")
        a_user("ada@example.org")
        waiting = User.objects.get(email="other@example.org")
        waiting.email = waiting.username = "ada@example.org"
        waiting.save()
        with pytest.raises(Conflict):
            activations.verify_by_link(code_of(box.kept[0]), Proof(registered.browser))


class TestForm:
    """What the form takes."""

    @pytest.mark.parametrize(
        "wrong",
        [
            {"email": "nobody"},
            {"email": "a@b\r\nBcc: c@d"},
            {"email": "a@b,c@d"},
            {"password": "short"},
            {"password": "password123"},
            {"password": "ada@example.org"},
            {"first_name": "Win https://evil.example"},
            {"first_name": "www.evil.example"},
            {"last_name": "x\r\nBcc: eve@example.org"},
            {"last_name": "x" * 151},
            {"captcha": ""},
            {"captcha": "bm8="},
        ],
    )
    def test_what_is_wrong_is_told_and_nothing_is_made(
        self, box: Mailbox, wrong: dict[str, str]
    ) -> None:
        with pytest.raises(BadRequest):
            asked(**wrong)
        work()
        assert (User.objects.count(), box.kept) == (0, [])

    @pytest.mark.parametrize(
        "email", ["ada+tag@example.org", '"a..da"@example.org', "ada@localhost", "ada@πχ.gr"]
    )
    def test_odd_addresses_that_are_right_are_taken(self, email: str) -> None:
        asked(email)
        assert User.objects.get().email == email

    def test_a_solution_is_good_once(self) -> None:
        solution = a_solution()
        asked(captcha=solution)
        with pytest.raises(BadRequest) as refused:
            asked("b@example.org", captcha=solution)
        assert refused.value.headers["X-Captcha"] == "required"

    def test_a_place_may_sign_up_so_often(self) -> None:
        with conf.override(SignUpSettings, astakos_sign_up_limit=2):
            asked("a@example.org")
            asked("b@example.org")
            with pytest.raises(TooManyRequests):
                asked("c@example.org")

    def test_a_policy_may_close_the_form(self) -> None:
        names = conf.current().names
        names["ASTAKOS_AUTH_PROVIDER_LOCAL_CREATE_POLICY"] = False
        try:
            with pytest.raises(Forbidden):
                asked()
        finally:
            del names["ASTAKOS_AUTH_PROVIDER_LOCAL_CREATE_POLICY"]

    def test_people_who_never_come_back_are_forgotten(self) -> None:
        asked()
        with time_machine.travel(now() + timedelta(days=29)):
            assert activations.forget_unverified() == 0
        with time_machine.travel(now() + timedelta(days=31)):
            assert activations.forget_unverified() == 1
        assert User.objects.count() == 0


class TestInvitations:
    """Inviting, and coming by an invitation."""

    @pytest.fixture(autouse=True)
    def _open(self) -> Iterator[None]:
        levels = {0: 100, 1: 2, 2: 0}
        with conf.override(
            SignUpSettings,
            astakos_invitations_enabled=True,
            astakos_invitations_per_level=levels,
            astakos_default_user_level=1,
        ):
            yield

    def test_the_invited_get_in_without_a_decision(self, box: Mailbox) -> None:
        inviter = a_user()
        invitations.send(inviter, "New@example.org", "New Person")
        work()
        assert inviter.invitations == 1
        mail = box.to("New@example.org")[0]
        code = mail.link.partition("?code=")[2]
        assert mail.link.startswith("http://127.0.0.1:8000/ui/signup?code=")
        registered = asked("new@example.org", code=code)
        link = code_of(box.to("new@example.org")[0])
        activations.verify_by_link(link, Proof(registered.browser))
        user = of("new@example.org")
        assert (user.accepted_policy, user.level, user.invitations) == ("invitation", 2, 0)
        assert Invitation.objects.get().is_consumed
        with pytest.raises(Conflict, match="used already"):
            asked("other@example.org", code=code)

    def test_an_invitation_to_somebody_else_opens_nothing(self, box: Mailbox) -> None:
        invitations.send(a_user(), "new@example.org", "")
        work()
        code = box.to("new@example.org")[0].link.partition("?code=")[2]
        registered = asked("other@example.org", code=code)
        link = code_of(box.to("other@example.org")[0])
        found = activations.verify_by_link(link, Proof(registered.browser))
        assert found.result is Result.PENDING_MODERATION
        assert of("other@example.org").level == 1

    def test_nobody_invites_more_than_they_may_nor_anybody_twice(self) -> None:
        inviter = a_user()
        invitations.send(inviter, "a@example.org", "")
        for known in ("A@example.org", inviter.email):
            with pytest.raises(Conflict):
                invitations.send(inviter, known, "")
        inviter.refresh_from_db()
        assert inviter.invitations == 1
        invitations.send(inviter, "b@example.org", "")
        with pytest.raises(Conflict, match="no invitations left"):
            invitations.send(inviter, "c@example.org", "")

    @pytest.mark.parametrize("code", ["", "x", "²", "-1", "9" * 19, "9" * 5000, "1"])
    def test_a_made_up_code_is_no_invitation(self, code: str) -> None:
        assert invitations.by_code(code) is None

    def test_the_largest_code_is_one(self) -> None:
        largest = 2**63 - 1
        made = Invitation.objects.create(username="a@example.org", code=largest)
        assert invitations.by_code(str(largest)) == made

    def test_a_switch_closes_invitations(self) -> None:
        inviter = a_user()
        with (
            conf.override(SignUpSettings, astakos_invitations_enabled=False),
            pytest.raises(Forbidden),
        ):
            invitations.send(inviter, "a@example.org", "")


class TestTerms:
    """Terms of use and their versions."""

    def test_new_terms_stop_everybody_until_they_agree(self, tmp_path: Path) -> None:
        user = a_user()
        token = a_token(user)
        assert tokens.find(token)
        file = tmp_path / "terms.html"
        file.write_text("<h1>Terms</h1><script>alert(1)</script><p onclick='x'>Be kind.</p>")
        made = terms.add(file)
        with pytest.raises(Unauthorized) as refused:
            tokens.find(token)
        assert refused.value.headers["X-Terms"] == "unsigned"
        assert terms.text(made) == "<h1>Terms</h1><p>Be kind.</p>"
        terms.sign(users.find(user.uuid), made.pk)
        assert tokens.find(token)
        assert users.find(user.uuid).date_signed_terms is not None

    def test_agreeing_to_an_older_version_is_not_enough(self, tmp_path: Path) -> None:
        user = a_user()
        file = tmp_path / "terms.html"
        file.write_text("one")
        older, newer = terms.add(file), terms.add(file)
        with pytest.raises(BadRequest):
            terms.sign(users.find(user.uuid), older.pk)
        with pytest.raises(BadRequest, match="Agree"):
            asked()
        with pytest.raises(BadRequest, match="Agree"):
            asked(terms=older.pk)
        asked(terms=newer.pk)
        assert of("ada@example.org").has_signed_terms

    def test_a_file_that_cannot_be_read_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadRequest):
            terms.add(tmp_path / "missing.html")


def test_a_mail_server_that_is_down_stops_no_sign_up(box: Mailbox) -> None:
    with conf.override(MailSettings, email_port=1):
        asked()
    assert of("ada@example.org")
    with time_machine.travel(now() + timedelta(minutes=2)):
        work()
    assert len(box.kept) == 1
