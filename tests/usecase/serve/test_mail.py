"""Mails: recorded with their cause, sent to a real mail server."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from django.db import transaction

from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest
from synnefo.serve import errands, mail, mail_texts
from synnefo.serve.mail_settings import MailSettings
from synnefo.serve.mail_texts import Text
from tests.support.mailbox import Mailbox, a_mailbox

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)

ADA = SimpleNamespace(realname="Ada Λαβλέις", email="ada@example.org", pk=7, uuid="u-7")


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with a_mailbox(template_dirs=[]) as box:
        yield box


def welcome(to: str = "ada@example.org", user: object = ADA) -> None:
    mail.later("im/welcome_email.txt", [to], user=user, url="https://cloud.example.org/in")


def waiting() -> list[errands.ErrandRow]:
    return list(errands.table("astakos").filter(name="astakos.send_mail"))


def test_a_mail_arrives_with_its_sender_subject_and_text(box: Mailbox) -> None:
    welcome()
    errands.run_due("astakos")
    kept = box.wait("ada@example.org")
    assert kept.sender == "no-reply@localhost"
    assert kept.subject == "Welcome to Synnefo"
    assert "Dear Ada Λαβλέις" in kept.text
    assert kept.link == "https://cloud.example.org/in"
    assert kept.message["Auto-Submitted"] == "auto-generated"
    assert waiting() == []


def test_a_cause_that_is_rolled_back_sends_nothing(box: Mailbox) -> None:
    with pytest.raises(RuntimeError), transaction.atomic(using="astakos"):
        welcome()
        raise RuntimeError
    errands.run_due("astakos")
    assert (waiting(), box.kept) == ([], [])


def test_each_recipient_gets_one_mail_and_sees_no_other(box: Mailbox) -> None:
    people = [("Ann", "ann@example.org"), ("Bob", "bob@example.org")]
    to = mail.recipients(people, [("Ann", "ann@example.org")])
    assert to == ["ann@example.org", "bob@example.org"]
    mail.later("im/account_activated_notification.txt", to, user=ADA)
    errands.run_due("astakos")
    assert sorted(kept.to for kept in box.kept) == [["ann@example.org"], ["bob@example.org"]]
    assert "bob@example.org" not in box.to("ann@example.org")[0].message.as_string()


def test_a_mail_waits_until_the_server_takes_it(box: Mailbox) -> None:
    welcome()
    with conf.override(MailSettings, email_port=1):
        errands.run_due("astakos")
    assert box.kept == []
    box.refuse = lambda _address: "450 busy, come again"
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        errands.run_due("astakos")
    assert (box.kept, len(waiting())) == ([], 1)
    box.refuse = lambda _address: ""
    with time_machine.travel(clock.now() + timedelta(minutes=4)):
        errands.run_due("astakos")
    assert len(box.kept) == 1


def test_a_mail_that_is_refused_for_good_is_dropped(box: Mailbox) -> None:
    box.refuse = lambda _address: "550 no such user"
    welcome()
    errands.run_due("astakos")
    assert (waiting(), box.kept) == ([], [])


def test_a_mail_that_nobody_takes_for_days_is_given_up(box: Mailbox) -> None:
    welcome()
    box.refuse = lambda _address: "450 busy"
    with time_machine.travel(clock.now() + timedelta(days=4)):
        errands.run_due("astakos")
    assert waiting() == []


@pytest.mark.parametrize(
    "name", ["Ada\r\nBcc: eve@example.org", "Ada\nBcc: eve@example.org", "Ada\u2028Bcc: eve@x.org"]
)
def test_a_name_adds_no_header_and_no_recipient(box: Mailbox, name: str) -> None:
    eve = SimpleNamespace(realname="x", email=name, uuid="u")
    mail.later("im/feedback_mail.txt", ["help@example.org"], user=eve, message="hello")
    errands.run_due("astakos")
    kept = box.wait("help@example.org")
    assert kept.to == ["help@example.org"]
    assert kept.message["Bcc"] is None
    assert "Bcc" in kept.subject


@pytest.mark.parametrize(
    "address", ["a@b\r\nBcc: c@d", "a@b,c@d", "a b@c", "<a@b>", "nobody", "a@b\0", "@", "a@b;c@d"]
)
def test_an_address_that_is_none_or_several_is_refused(address: str) -> None:
    with pytest.raises(BadRequest):
        welcome(address)
    assert waiting() == []


def test_a_domain_in_greek_travels_as_its_ascii_form(box: Mailbox) -> None:
    welcome("ada@παράδειγμα.gr")
    errands.run_due("astakos")
    assert box.kept[0].to == ["ada@xn--hxajbheg2az3al.gr"]


def test_an_operators_file_replaces_one_text(box: Mailbox, tmp_path: Path) -> None:
    mine = tmp_path / "im"
    mine.mkdir()
    (mine / "welcome_email.txt").write_text(
        "Χαίρε {{ user.realname }}, {{ BRANDING_SERVICE_NAME }}"
    )
    with conf.override(MailSettings, template_dirs=[str(tmp_path)]):
        welcome()
        mail.later("im/account_activated_notification.txt", ["b@example.org"], user=ADA)
    errands.run_due("astakos")
    assert box.to("ada@example.org")[0].text.strip() == "Χαίρε Ada Λαβλέις, Synnefo"
    assert "was let in" in box.to("b@example.org")[0].text


@pytest.mark.parametrize("name", sorted(mail_texts.templates("astakos")))
def test_every_text_can_be_replaced_and_translated(name: str, tmp_path: Path) -> None:
    for text in (name, f"el/{name}"):
        file = tmp_path / text
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"mine: {text} by {{{{ BRANDING_COMPANY_NAME }}}}")
    with conf.override(MailSettings, template_dirs=[str(tmp_path)]):
        for language, text in (("", name), ("el", f"el/{name}"), ("de", name)):
            written = mail_texts.letter(Text("astakos", name, language), {})
            assert written.body == f"mine: {text} by GRNET\n"


def test_an_operators_file_under_a_former_name_counts(tmp_path: Path) -> None:
    mine = tmp_path / "registration"
    mine.mkdir()
    (mine / "email_change_email.txt").write_text("old text {{ url }}")
    change = SimpleNamespace(user=ADA, new_email_address="n@example.org")
    name = "registration/email_change_email_new_email.txt"
    with conf.override(MailSettings, template_dirs=[str(tmp_path)]):
        written = mail_texts.letter(Text("astakos", name), {"ec": change, "url": "https://x/"})
    assert written.body == "old text https://x/\n"


def test_a_setting_replaces_a_subject_and_fills_its_placeholders(box: Mailbox) -> None:
    names = conf.current().names
    names["ASTAKOS_HELPDESK_NOTIFICATION_EMAIL_SUBJECT_MESSAGE"] = (
        "%(service_name)s + %(user)s %(x)s"
    )
    try:
        mail.later("im/account_activated_notification.txt", ["b@example.org"], user=ADA)
    finally:
        del names["ASTAKOS_HELPDESK_NOTIFICATION_EMAIL_SUBJECT_MESSAGE"]
    errands.run_due("astakos")
    assert box.kept[0].subject == "Synnefo + ada@example.org %(x)s"


def test_a_value_that_looks_like_a_placeholder_stays_what_it_is() -> None:
    assert mail_texts.fill("%(a)s", {"a": "%(b)s", "b": "secret"}) == "%(b)s"
    assert mail_texts.fill("project %s", {"name": "p.example.org"}) == "project p.example.org"


def test_mails_go_to_a_folder_where_the_settings_say_so(tmp_path: Path) -> None:
    with conf.override(MailSettings, email_transport="file", email_file_path=str(tmp_path / "m")):
        welcome()
        errands.run_due("astakos")
    (found,) = (tmp_path / "m").iterdir()
    assert found.suffix == ".eml"
    assert found.stat().st_mode & 0o077 == 0
    assert "https://cloud.example.org/in" in found.read_text()


def test_every_shipped_text_has_a_subject_and_every_subject_a_text() -> None:
    folder = Path(mail_texts.__file__).parents[1] / "astakos" / "templates" / "mail"
    texts = {str(path.relative_to(folder)) for path in folder.rglob("*.txt")}
    parts = {"im/email.txt", "im/projects/_application.txt"}
    known = mail_texts.templates("astakos")
    assert {name for name in texts - parts if not name.startswith("el/")} == set(known)
    for name, subject in known.items():
        for language in ("", *subject.translated):
            written = mail_texts.letter(Text("astakos", name, language), {})
            assert written.subject.strip(), name
            assert written.body.strip(), name
    greek = {name for name, subject in known.items() if "el" in subject.translated}
    assert greek <= {name.removeprefix("el/") for name in texts if name.startswith("el/")}
