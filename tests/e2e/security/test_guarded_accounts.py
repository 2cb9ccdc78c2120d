"""Journeys of signing in, in a real browser: second step, passkey, recovery, reset, sessions."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect

from synnefo.kit.clock import now
from tests.e2e.security.conftest import is_in, no_barriers, sign_in
from tests.support.front_door import PASSWORD, FrontDoor
from tests.support.mailbox import Kept, Mailbox

pytestmark = [pytest.mark.e2e, pytest.mark.needs_chromium]

Visit = Callable[..., Page]
NEW = "another horse entirely"


def with_device(page: Page) -> Any:
    """Plug a virtual authenticator into a browser, as a phone or laptop has one built in."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    told = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session, told["authenticatorId"]


def mail_with(mailbox: Mailbox, address: str, words: str) -> Kept:
    """Wait for the mail that says something."""
    for count in itertools.count(1):
        kept = mailbox.wait(address, count)
        if words in " ".join(kept.text.split()):
            return kept
    raise AssertionError


def set_up_app(page: Page) -> tuple[pyotp.TOTP, list[str]]:
    """Set an authenticator app up on the page Security; answers it and the recovery codes."""
    page.goto("/ui/security")
    card = page.get_by_role("region", name="Authenticator app")
    card.get_by_role("button", name="Set up…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("img")).to_be_visible()
    app = pyotp.TOTP(dialog.locator(".key .mono").inner_text().replace(" ", ""))
    earlier = app.at(now() - timedelta(seconds=30))
    dialog.get_by_label("Then enter the code that it shows").fill(earlier)
    dialog.get_by_role("button", name="Switch on").click()
    codes = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    kept = codes.all_inner_texts()
    page.get_by_role("button", name="I keep them safe").click()
    expect(card).to_contain_text("Last used")
    return app, kept


def test_an_authenticator_app_is_set_up_and_asked_for(
    door: FrontDoor, visit: Visit, axe: str, mailbox: Mailbox
) -> None:
    door.add_user("totp@example.org")
    page = visit()
    page.goto("/ui/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    no_barriers(page, axe)
    sign_in(page, "totp@example.org")
    is_in(page)
    app, codes = set_up_app(page)
    no_barriers(page, axe)
    assert mail_with(mailbox, "totp@example.org", "authenticator app was set up")

    other = visit(phone=True, dark=True)
    sign_in(other, "totp@example.org")
    expect(other.get_by_role("heading", name="Second step")).to_be_visible()
    no_barriers(other, axe)
    other.reload()
    other.get_by_label("Code of the app").fill("000000")
    expect(other.get_by_text("This code is wrong, or was used already.")).to_be_visible()
    other.get_by_label("Code of the app").fill(app.now())
    is_in(other)
    other.goto("/ui/security")
    expect(other.get_by_role("region", name="Where you are signed in")).to_contain_text(
        "this browser"
    )
    no_barriers(other, axe)

    third = visit()
    sign_in(third, "totp@example.org")
    third.get_by_role("button", name="Use a recovery code").click()
    third.get_by_label("Recovery code").fill(codes[3])
    third.get_by_role("button", name="Go on").click()
    is_in(third)
    third.goto("/ui/security")
    expect(third.get_by_role("region", name="Recovery codes")).to_contain_text("9 left")


def test_a_passkey_signs_in_alone_and_as_a_second_step(
    door: FrontDoor, visit: Visit, axe: str
) -> None:
    door.add_user("passkey@example.org")
    page = visit()
    session, device = with_device(page)
    sign_in(page, "passkey@example.org")
    is_in(page)
    page.goto("/ui/security")
    page.get_by_role("button", name="Add a passkey…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What to call it").fill("My laptop")
    no_barriers(page, axe)
    dialog.get_by_role("button", name="Go on with the device").click()
    page.get_by_role("button", name="I keep them safe").click()
    expect(page.get_by_role("region", name="Passkeys")).to_contain_text("My laptop")

    page.get_by_role("button", name="Account of Ada Example").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    is_in(page)

    page.get_by_role("button", name="Account of Ada Example").click()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "passkey@example.org")
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    is_in(page)

    page.get_by_role("button", name="Account of Ada Example").click()
    page.get_by_role("button", name="Sign out").click()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("passkey was not")


def test_a_session_that_is_ended_elsewhere_is_out_at_once(door: FrontDoor, visit: Visit) -> None:
    door.add_user("two@example.org")
    here, there = visit(), visit(phone=True)
    for page in (here, there):
        sign_in(page, "two@example.org")
        is_in(page)
    here.goto("/ui/security")
    card = here.get_by_role("region", name="Where you are signed in")
    card.get_by_role("button", name="Sign out Chrome on Linux").click()
    expect(card.get_by_role("row")).to_have_count(2)
    there.get_by_role("link", name="Networks").click()
    expect(there.get_by_text("Your session ended.")).to_be_visible()
    here.goto("/ui/security")
    expect(card).to_contain_text("this browser")


def test_a_forgotten_password_is_set_by_a_mailed_link(
    door: FrontDoor, visit: Visit, mailbox: Mailbox, axe: str
) -> None:
    door.add_user("forgetful@example.org")
    page = visit(phone=True)
    page.goto("/ui/")
    page.get_by_role("link", name="Forgot it?").click()
    expect(page.get_by_role("heading", name="Forgot your password")).to_be_visible()
    no_barriers(page, axe)
    page.get_by_label("E-mail address").fill("forgetful@example.org")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    link = mail_with(mailbox, "forgetful@example.org", "choose a new password").link
    other = visit()
    other.goto(link)
    expect(other.get_by_text("for forgetful@example.org")).to_be_visible()
    assert "#" not in other.url
    no_barriers(other, axe)
    other.get_by_label("New password").fill("password1")
    other.get_by_role("button", name="Set the password").click()
    expect(other.get_by_text("most common")).to_be_visible()
    other.get_by_label("New password").fill(NEW)
    other.get_by_role("button", name="Set the password").click()
    expect(other.get_by_role("heading", name="Your password is changed")).to_be_visible()
    sign_in(other, "forgetful@example.org", NEW)
    is_in(other)
    page.goto(link)
    expect(page.get_by_role("heading", name="This link is not good any more")).to_be_visible()


def test_sensitive_changes_ask_again_who_one_is(door: FrontDoor, visit: Visit, axe: str) -> None:
    door.add_user("sudo@example.org")
    page = visit()
    sign_in(page, "sudo@example.org")
    is_in(page)
    _age_confirmation(door)
    page.goto("/ui/security")
    page.get_by_role("region", name="Authenticator app").get_by_role(
        "button", name="Set up…"
    ).click()
    dialog = page.get_by_role("dialog", name="Is it you?")
    expect(dialog).to_be_visible()
    no_barriers(page, axe)
    dialog.get_by_label("Password", exact=True).fill("wrong")
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_text("That is not right.")).to_be_visible()
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("dialog", name="Authenticator app")).to_be_visible()


def test_who_guesses_solves_a_puzzle_and_comes_in(door: FrontDoor, visit: Visit) -> None:
    door.add_user("guess@example.org")
    page = visit()
    for _ in range(4):
        sign_in(page, "guess@example.org", "wrong password")
        expect(page.get_by_text("do not match")).to_be_visible()
    sign_in(page, "guess@example.org")
    is_in(page)


def test_the_gate_speaks_greek(visit: Visit, axe: str) -> None:
    page = visit(phone=True)
    page.goto("/ui/")
    page.get_by_role("button", name="Ελληνικά").first.click()
    expect(page.get_by_role("heading", name="Σύνδεση")).to_be_visible()
    page.get_by_role("link", name="Τον ξεχάσατε;").click()
    expect(page.get_by_role("heading", name="Ξεχάσατε τον κωδικό σας")).to_be_visible()
    no_barriers(page, axe)


def _age_confirmation(door: FrontDoor) -> None:
    """Let all proofs be an hour old."""
    door.manage(
        "shell",
        "--no-imports",
        "-c",
        "from datetime import timedelta\n"
        "from synnefo.astakos.models import SessionCatalog\n"
        "from synnefo.kit.clock import now\n"
        "SessionCatalog.objects.update(confirmed_at=now() - timedelta(hours=1))",
    )


def test_an_operator_must_set_up_a_second_step_on_the_way_in(
    door: FrontDoor, visit: Visit, axe: str
) -> None:
    door.add_user("operator@example.org", "--admin")
    page = visit(phone=True)
    sign_in(page, "operator@example.org")
    expect(page.get_by_role("heading", name="Set up a second step")).to_be_visible()
    no_barriers(page, axe)
    app = pyotp.TOTP(page.locator(".key .mono").inner_text().replace(" ", ""))
    page.get_by_label("Then enter the code that it shows").fill(app.now())
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    no_barriers(page, axe)
    page.get_by_role("button", name="I keep them safe").click()
    is_in(page)
    page.goto("/ui/security")
    card = page.get_by_role("region", name="Authenticator app")
    expect(card.get_by_role("button", name="Remove…")).to_be_disabled()


def test_a_password_that_must_be_changed_is_changed_on_the_way_in(
    door: FrontDoor, visit: Visit, axe: str
) -> None:
    door.add_user("due@example.org")
    door.manage("user-modify", "due@example.org", "--expire-password")
    page = visit(dark=True)
    sign_in(page, "due@example.org")
    expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    no_barriers(page, axe)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("The new password is the old one.")).to_be_visible()
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    is_in(page)
