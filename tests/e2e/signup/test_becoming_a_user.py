"""Journeys from the first page to an account that works, by the mails that people get."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.security.conftest import is_in, no_barriers, sign_in
from tests.e2e.signup.conftest import Visit
from tests.support.front_door import FrontDoor
from tests.support.mailbox import Mailbox

pytestmark = [pytest.mark.e2e, pytest.mark.needs_chromium]
SECRET = "vivid lanterns hum"


def fill_form(page: Page, email: str, password: str = SECRET) -> None:
    """Fill the sign-up form and send it."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("First name").fill("Grace")
    page.get_by_label("Last name").fill("Hopper")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Create the account").click()


def heading(page: Page, name: str) -> None:
    """Expect a page by its heading."""
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_from_the_first_page_to_an_account_that_works(
    door: FrontDoor, visit: Visit, axe: str, mailbox: Mailbox
) -> None:
    page = visit()
    page.goto("/ui/")
    heading(page, "Sign in")
    expect(page.get_by_role("heading", name="See what is inside")).to_be_attached()
    no_barriers(page, axe)
    page.get_by_role("link", name="Create one").click()
    heading(page, "Create an account")
    expect(page.get_by_text("Ask us anything.")).to_be_visible()
    no_barriers(page, axe)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_label("E-mail address")).to_be_focused()
    expect(page.get_by_text("Use at least 8 characters.")).to_be_visible()
    fill_form(page, "grace@example.org")
    heading(page, "Look into your mail")
    no_barriers(page, axe)

    link = mailbox.wait("grace@example.org").link
    page.goto(link)
    heading(page, "Confirm your address")
    assert "#" not in page.url
    page.get_by_role("button", name="Confirm").click()
    heading(page, "Somebody will let you in")
    told = mailbox.wait("help@example.org", about="grace@example.org")

    operator = visit()
    sign_in(operator, "operator@example.org")
    is_in(operator)
    operator.goto(told.link)
    operator.get_by_role("button", name="Let in", exact=True).click()
    dialog = operator.get_by_role("dialog")
    dialog.get_by_role("button", name="Let in").click()
    expect(operator.get_by_role("button", name="Deactivate")).to_be_visible()

    greeting = mailbox.wait("grace@example.org", 2)
    assert greeting.subject == "Welcome to Synnefo"
    page.goto(greeting.link)
    sign_in(page, "grace@example.org", SECRET)
    is_in(page)


def test_another_browser_asks_for_the_password_and_a_used_link_is_told(
    door: FrontDoor, visit: Visit, axe: str, mailbox: Mailbox
) -> None:
    page = visit(phone=True, dark=True)
    page.goto("/ui/signup")
    no_barriers(page, axe)
    fill_form(page, "alan@example.org")
    heading(page, "Look into your mail")
    first = mailbox.wait("alan@example.org").link
    page.get_by_text("No mail came?").click()
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_text("a new mail is on its way")).to_be_visible()
    second = mailbox.wait("alan@example.org", 2).link

    other = visit()
    other.goto(first)
    other.get_by_role("button", name="Confirm").click()
    expect(other.get_by_text("This link is not good")).to_be_visible()
    other.goto("about:blank")
    other.goto(second)
    other.get_by_role("button", name="Confirm").click()
    other.get_by_label("Password that you chose").fill("not this one")
    other.get_by_role("button", name="Confirm").click()
    expect(other.get_by_text("This is not the password")).to_be_visible()
    no_barriers(other, axe)
    other.get_by_label("Password that you chose").fill(SECRET)
    other.get_by_role("button", name="Confirm").click()
    heading(other, "Somebody will let you in")


def test_an_address_with_an_account_is_told_by_mail_alone(
    door: FrontDoor, visit: Visit, mailbox: Mailbox
) -> None:
    door.add_user("known@example.org")
    mailbox.wait("known@example.org")
    page = visit()
    page.goto("/ui/signup")
    fill_form(page, "known@example.org")
    heading(page, "Look into your mail")
    assert "you have an account already" in mailbox.wait("known@example.org", 2).subject


def test_an_invitation_opens_the_door_at_once(
    door: FrontDoor, visit: Visit, axe: str, mailbox: Mailbox
) -> None:
    host = visit()
    sign_in(host, "operator@example.org")
    is_in(host)
    host.goto("/ui/invitations")
    expect(host.get_by_role("heading", name="2 invitations left")).to_be_visible()
    host.get_by_label("Whom to invite").fill("guest@example.org")
    host.get_by_label("Their name").fill("Edsger Dijkstra")
    host.get_by_role("button", name="Send the invitation").click()
    expect(host.get_by_role("heading", name="1 invitation left")).to_be_visible()
    no_barriers(host, axe)

    page = visit()
    page.goto(mailbox.wait("guest@example.org").link)
    expect(page.get_by_text("invited you")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value("guest@example.org")
    expect(page.get_by_label("Last name")).to_have_value("Dijkstra")
    page.get_by_label("Password", exact=True).fill(SECRET)
    page.get_by_role("button", name="Create the account").click()
    heading(page, "Look into your mail")
    page.goto(mailbox.wait("guest@example.org", 2).link)
    page.get_by_role("button", name="Confirm").click()
    is_in(page)


def test_a_profile_and_a_new_address(
    door: FrontDoor, visit: Visit, axe: str, mailbox: Mailbox
) -> None:
    door.add_user("before@example.org")
    page = visit()
    sign_in(page, "before@example.org")
    is_in(page)
    page.goto("/ui/profile")
    page.get_by_label("First name").fill("Αγγελική")
    page.get_by_label("Language of mails").select_option("el")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your profile was saved.")).to_be_visible()
    page.get_by_label("New address").fill("after@example.org")
    page.get_by_role("button", name="Change address").click()
    expect(page.get_by_text("A change to after@example.org waits")).to_be_visible()
    no_barriers(page, axe)
    mail = mailbox.wait("after@example.org")
    assert "Αγγελική" in mail.text
    page.goto(mail.link)
    page.get_by_role("button", name="Use this address").click()
    heading(page, "Your address was changed")
    page.get_by_role("link", name="Profile").click()
    expect(page.get_by_text("You sign in with after@example.org.")).to_be_visible()


def test_feedback_and_a_personal_token(
    door: FrontDoor, visit: Visit, axe: str, mailbox: Mailbox
) -> None:
    door.add_user("talker@example.org")
    page = visit(phone=True)
    sign_in(page, "talker@example.org")
    is_in(page)
    before = len(mailbox.to("help@example.org"))
    page.goto("/ui/feedback?from=machines")
    page.get_by_label("Your message").fill("It is fast.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Your message was sent.")).to_be_visible()
    no_barriers(page, axe)
    mail = mailbox.wait("help@example.org", before + 1)
    assert "It is fast." in mail.text
    assert "page: machines" in mail.text

    page.goto("/ui/access?tool=kamaki")
    page.get_by_role("button", name="New token").click()
    expect(page.get_by_text("This is your new token.")).to_be_visible()
    no_barriers(page, axe)
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Download").click()
    text = downloaded.value.path().read_text()
    shown = page.locator("p.secret code").inner_text()
    assert f"token = {shown}" in text
    assert '[cloud "synnefo"]' in text


def test_everything_speaks_greek(visit: Visit, mailbox: Mailbox) -> None:
    page = visit()
    page.goto("/ui/signup")
    page.get_by_role("button", name="Ελληνικά").click()
    heading(page, "Δημιουργία λογαριασμού")
    page.get_by_label("Διεύθυνση e-mail").fill("eleni@example.org")
    page.get_by_label("Password", exact=True).or_(page.get_by_label("Κωδικός")).first.fill(SECRET)
    page.get_by_role("button", name="Δημιουργία λογαριασμού").click()
    heading(page, "Δείτε το ταχυδρομείο σας")
    mail = mailbox.wait("eleni@example.org")
    assert re.search("επιβεβαίωση", mail.subject)


def test_new_terms_are_read_and_agreed_to_before_anything_else(
    door: FrontDoor, visit: Visit, axe: str
) -> None:
    door.add_user("signer@example.org")
    page = visit()
    sign_in(page, "signer@example.org")
    is_in(page)
    file = door.folder / "terms.html"
    file.write_text("<h1>House rules</h1><p>Be kind.</p><script>document.title='hacked'</script>")
    door.manage("term-add", str(file), "--no-confirm")
    page.goto("/ui/machines")
    heading(page, "Terms of use")
    expect(page.get_by_text("Be kind.")).to_be_visible()
    assert "hacked" not in page.title()
    no_barriers(page, axe)
    page.get_by_role("button", name="Accept and go on").click()
    expect(page.get_by_text("Agree to the terms of use to go on.")).to_be_visible()
    page.get_by_label("I have read the terms of use and accept them.").check()
    page.get_by_role("button", name="Accept and go on").click()
    heading(page, "Machines")

    stranger = visit(phone=True)
    stranger.goto("/ui/signup")
    stranger.get_by_label("E-mail address").fill("new@example.org")
    stranger.get_by_label("Password", exact=True).fill(SECRET)
    stranger.get_by_role("button", name="Create the account").click()
    expect(stranger.get_by_text("Agree to the terms of use to go on.")).to_be_visible()
    stranger.get_by_role("checkbox").check()
    stranger.get_by_role("button", name="Create the account").click()
    heading(stranger, "Look into your mail")
