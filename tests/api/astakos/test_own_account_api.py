"""One's own account over HTTP: profile, address, terms, invitations, feedback, client files."""

import configparser
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlencode, urlsplit

import pytest
from django.test import Client

from synnefo.astakos.models import AuditEntry, AuthProvider, EmailChange, User
from synnefo.astakos.settings import ProviderSettings, SignUpSettings
from synnefo.astakos.usecases import terms, tokens, users
from synnefo.kit import conf
from synnefo.serve import errands
from synnefo.serve.mail_settings import BrandingSettings
from tests.support.astakos import a_token, a_user
from tests.support.mailbox import Mailbox, a_mailbox
from tests.support.page import Page

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)
ACCOUNT = "/astakos/account/v1.0"


@pytest.fixture(autouse=True)
def box() -> Iterator[Mailbox]:
    helpdesk = [("Help", "help@example.org")]
    with (
        a_mailbox(template_dirs=[], helpdesk=helpdesk) as box,
        conf.override(SignUpSettings, astakos_emailchange_enabled=True),
    ):
        yield box


def work() -> None:
    while errands.run_due("astakos"):
        pass


def page_of(user: User) -> Page:
    page = Page()
    page.token = a_token(user)
    return page


class TestProfile:
    """Names, language."""

    def test_it_shows_and_keeps_what_one_writes(self) -> None:
        user = a_user("ada@example.org")
        page = page_of(user)
        shown = page.get("/account").json()
        assert (shown["email"], shown["first_name"]) == ("ada@example.org", "Ada")
        assert shown["has_seen_profile"] is False
        changed = page.send("PATCH", "/account", {"first_name": "Αγγελική", "language": "el"})
        assert changed.json()["first_name"] == "Αγγελική"
        fresh = users.find(user.uuid)
        assert (fresh.language, fresh.last_name, fresh.is_verified) == ("el", "Example", True)
        assert AuditEntry.objects.filter(act="user.profile-changed").exists()

    @pytest.mark.parametrize("name", ["x" * 151, "a\nb", "https://evil.example", "<b>"])
    def test_what_is_no_name_is_refused(self, name: str) -> None:
        page = page_of(a_user())
        assert page.send("PATCH", "/account", {"first_name": name}).status_code == 400

    def test_a_field_that_a_provider_keeps_cannot_be_changed(self) -> None:
        user = a_user()
        AuthProvider.objects.create(user=user, module="ldap", identifier="ada")
        names = conf.current().names
        names["ASTAKOS_AUTH_PROVIDER_LDAP_USER_ATTR_MAP"] = {"first_name": ("givenName", False)}
        try:
            with conf.override(ProviderSettings, astakos_im_modules=["local", "ldap"]):
                page = page_of(user)
                shown = page.get("/account").json()
                changed = page.send("PATCH", "/account", {"first_name": "Eve"})
        finally:
            del names["ASTAKOS_AUTH_PROVIDER_LDAP_USER_ATTR_MAP"]
        assert shown["forced"] == ["first_name"]
        assert changed.status_code == 403


class TestEmailChange:
    """Another address."""

    def links(self, box: Mailbox) -> list[str]:
        work()
        found = [mail for mail in box.kept if "#" in mail.text]
        return [unquote(urlsplit(mail.link).fragment) for mail in found]

    def test_the_whole_road(self, box: Mailbox) -> None:
        user = a_user("old@example.org")
        page = page_of(user)
        asked = page.post("/account/email", {"email": "New@example.org"}).json()
        assert asked["pending_email"] == "New@example.org"
        (key,) = self.links(box)
        assert {mail.to[0] for mail in box.kept} == {"old@example.org", "New@example.org"}
        assert box.to("New@example.org")[0].link.startswith(
            "http://127.0.0.1:8000/ui/email-change#"
        )
        assert EmailChange.objects.get().activation_key != key
        signed_out = Page()
        assert signed_out.post("/email-change", {"key": key}).json() == {
            "email": "New@example.org"
        }
        fresh = users.find(user.uuid)
        assert (fresh.email, fresh.username) == ("New@example.org", "new@example.org")
        assert signed_out.post("/email-change", {"key": key}).status_code == 410

    def test_somebody_else_who_is_signed_in_cannot_follow_the_link(self, box: Mailbox) -> None:
        page_of(a_user("old@example.org")).post("/account/email", {"email": "new@example.org"})
        (key,) = self.links(box)
        assert page_of(a_user()).post("/email-change", {"key": key}).status_code == 403
        assert User.objects.filter(email="old@example.org").exists()

    def test_an_address_that_somebody_has_shows_in_no_answer(self, box: Mailbox) -> None:
        a_user("taken@example.org")
        page = page_of(a_user("old@example.org"))
        free = page.post("/account/email", {"email": "free@example.org"})
        taken = page.post("/account/email", {"email": "taken@example.org"})
        assert free.status_code == taken.status_code == 200
        key = self.links(box)[-1]
        answer = Page().post("/email-change", {"key": key})
        assert answer.status_code == 409
        assert User.objects.filter(email="old@example.org").exists()

    def test_a_later_wish_ends_the_earlier_and_may_be_dropped(self, box: Mailbox) -> None:
        page = page_of(a_user("old@example.org"))
        for email in ("a@example.org", "b@example.org"):
            page.post("/account/email", {"email": email})
        first, second = self.links(box)
        assert Page().post("/email-change", {"key": first}).status_code == 410
        assert page.delete("/account/email").json()["pending_email"] == ""
        assert Page().post("/email-change", {"key": second}).status_code == 410

    def test_a_switch_closes_it(self) -> None:
        with conf.override(SignUpSettings, astakos_emailchange_enabled=False):
            page = page_of(a_user())
            assert page.get("/account").json()["can_change_email"] is False
            asked = page.post("/account/email", {"email": "new@example.org"})
            assert asked.status_code == 403

    @pytest.mark.parametrize("email", ["", "x", "a@b\r\nBcc: c@d", "old@example.org"])
    def test_what_is_no_new_address_is_refused(self, email: str, box: Mailbox) -> None:
        page = page_of(a_user("old@example.org"))
        assert page.post("/account/email", {"email": email}).status_code == 400
        work()
        assert box.kept == []


class TestTerms:
    """Reading and signing."""

    def test_unsigned_terms_close_every_call_until_they_are_signed(self, tmp_path: Path) -> None:
        user = a_user("ada@example.org")
        page = Page()
        page.sign_in("ada@example.org", "correct horse battery")
        assert page.get("/account").status_code == 200
        file = tmp_path / "terms.html"
        file.write_text("<h1>Be kind</h1><img src=x onerror=alert(1)>")
        made = terms.add(file)
        refused = page.get("/account")
        assert (refused.status_code, refused.headers["X-Terms"]) == (401, "unsigned")
        identity = Client().get(
            "/astakos/identity/v3/auth/tokens",
            headers={"X-Auth-Token": page.token, "X-Subject-Token": page.token},
        )
        assert identity.status_code == 401
        by_password = Client().post(
            "/astakos/identity/v2.0/tokens",
            {
                "auth": {
                    "passwordCredentials": {
                        "username": "ada@example.org",
                        "password": "correct horse battery",
                    }
                }
            },
            "application/json",
        )
        assert by_password.status_code == 401
        session = page.get("/session").json()
        assert session["user"]["has_signed_terms"] is False
        shown = Page().get("/terms").json()
        assert (shown["html"], shown["is_latest"]) == ("<h1>Be kind</h1>", True)
        assert page.post("/session/terms", {"terms": made.pk + 1}).status_code == 400
        assert page.post("/session/terms", {"terms": made.pk}).status_code == 204
        assert page.get("/account").json()["signed_terms"]
        assert users.find(user.uuid).has_signed_terms
        newer = terms.add(file)
        assert Page().get(f"/terms/{made.pk}").json()["is_latest"] is False
        assert Page().get(f"/terms/{newer.pk}").json()["is_latest"] is True

    def test_there_may_be_none(self) -> None:
        for path in ("/terms", "/terms/1", "/terms/x", "/terms/99999999999999999999"):
            assert Page().get(path).status_code == 404

    def test_signing_needs_a_session(self) -> None:
        assert Page().post("/session/terms", {"terms": 1}).status_code == 401


class TestFeedback:
    """From the page and from programs."""

    def test_it_reaches_the_helpdesk_from_both(self, box: Mailbox) -> None:
        user = a_user("ada@example.org")
        sent = page_of(user).post(
            "/feedback", {"feedback_msg": "Hello\r\nBcc: x@y", "feedback_data": "d"}
        )
        assert sent.status_code == 202
        form = urlencode({"feedback_msg": "Γειά σας"})
        answer = Client().post(
            f"{ACCOUNT}/feedback",
            form,
            "application/x-www-form-urlencoded",
            headers={"X-Auth-Token": a_token(user)},
        )
        assert (answer.status_code, answer.content) == (200, b"")
        work()
        first, second = box.to("help@example.org")
        assert "ada@example.org" in first.subject
        assert "Bcc: x@y" in first.text
        assert first.message["Bcc"] is None
        assert "Γειά σας" in second.text

    @pytest.mark.parametrize(
        "body", ["", "feedback_data=x", "feedback_msg=+", '{"feedback_msg":1}']
    )
    def test_an_empty_form_is_refused(self, body: str) -> None:
        headers = {"X-Auth-Token": a_token(a_user())}
        kind = "application/x-www-form-urlencoded"
        answer = Client().post(f"{ACCOUNT}/feedback", body, kind, headers=headers)
        assert answer.status_code == 400


class TestFiles:
    """What programs read."""

    def test_kamakirc_names_the_cloud_and_works(self) -> None:
        user = a_user()
        page = page_of(user)
        with conf.override(BrandingSettings, branding_service_name="My Own Cloud"):
            answer = page.get("/.kamakirc")
        assert answer.headers["Content-Disposition"] == 'attachment; filename=".kamakirc"'
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert answer.headers["Cache-Control"] == "no-store"
        read = configparser.ConfigParser()
        read.read_string(answer.content.decode())
        assert read["global"]["default_cloud"] == "my_own_cloud"
        section = read['cloud "my_own_cloud"']
        assert section["url"] == "http://127.0.0.1:8000/astakos/identity/v2.0"
        assert tokens.find(section["token"]).user.pk == user.pk


class TestSite:
    """What every page shows, and where old addresses lead."""

    def test_the_site_tells_what_operators_set_and_runs_nothing_of_it(self) -> None:
        names = conf.current().names
        names["ASTAKOS_SIGN_TERMS_MESSAGE"] = "Tick it, at %(service_name)s"
        settings = {
            "astakos_login_messages": [("warning", "<b>Down</b> at noon<script>x</script>")],
            "astakos_global_messages": {"odd": "hello"},
        }
        try:
            with conf.override(SignUpSettings, **settings):
                told = Page().get("/site").json()
        finally:
            del names["ASTAKOS_SIGN_TERMS_MESSAGE"]
        assert told["name"] == "Synnefo"
        assert told["messages"]["login"] == [{"level": "warning", "html": "<b>Down</b> at noon"}]
        assert told["messages"]["global"] == [{"level": "info", "html": "hello"}]
        assert told["overrides"] == {"SIGN_TERMS": "Tick it, at Synnefo"}

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("/signup?code=7", "/ui/signup?code=7"),
            ("/activate?auth=abc", "/ui/activate#abc"),
            ("/email_change/confirm/key", "/ui/email-change#key"),
            ("/approval_terms/3", "/ui/terms/3"),
            ("/approval_terms?next=//evil.example", "/ui/terms?next=//evil.example"),
            ("/landing", "/ui/"),
            ("/profile", "/ui/profile"),
            ("/api_access", "/ui/access"),
            ("/logout", "/ui/signout"),
            ("/send/activation/7", "/ui/activate"),
            ("/feedback", "/ui/feedback"),
            ("/invite", "/ui/invitations"),
        ],
    )
    def test_addresses_of_the_first_synnefo_lead_on(self, old: str, new: str) -> None:
        answer = Client(headers={"Host": "evil.example"}).get(f"/astakos/ui{old}")
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"http://127.0.0.1:8000{new}"
