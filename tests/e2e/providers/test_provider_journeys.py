"""Signing up, in, and adding methods by providers, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.security.conftest import is_in, no_barriers, sign_in
from tests.support.front_door import PASSWORD, FrontDoor

pytestmark = [pytest.mark.e2e, pytest.mark.needs_chromium]

Visit = Callable[..., Page]


def agree(page: Page, subject: str) -> None:
    """Say who one is at the OpenID Connect provider."""
    page.wait_for_url("**/oauth2/authorize**")
    page.locator("input[name=sub]").fill(subject)
    page.get_by_role("button", name="Authorize").click()


def test_somebody_signs_up_and_in_by_openid_connect(visit: Visit, axe: str) -> None:
    page = visit()
    page.goto("/ui/")
    no_barriers(page, axe)
    page.get_by_role("link", name="Continue with Campus").click()
    agree(page, "grace")
    expect(page.get_by_role("heading", name="Create an account", level=1)).to_be_visible()
    assert "third_party_token" not in page.url
    expect(page.get_by_label("E-mail address")).to_have_value("grace@example.org")
    page.get_by_role("button", name="Create the account").click()
    is_in(page)
    again = visit(phone=True)
    again.goto("/ui/files?x=1")
    again.get_by_role("link", name="Continue with Campus").click()
    agree(again, "grace")
    is_in(again)


def test_a_method_is_added_used_and_removed(visit: Visit, door: FrontDoor, axe: str) -> None:
    door.add_user("alan@example.net")
    page = visit()
    sign_in(page, "alan@example.net")
    is_in(page)
    page.goto("/ui/methods")
    expect(page.get_by_role("region", name="Your methods")).to_contain_text("E-mail address")
    no_barriers(page, axe)
    page.get_by_role("button", name="Add Campus").click()
    agree(page, "alan")
    expect(page.get_by_text("Campus now opens your account.")).to_be_visible()
    mine = page.get_by_role("region", name="Your methods")
    expect(mine).to_contain_text("Campus account: alan@example.org")
    no_barriers(page, axe)
    other = visit(phone=True, dark=True)
    other.goto("/ui/")
    other.get_by_role("link", name="Continue with Campus").click()
    agree(other, "alan")
    is_in(other)
    other.goto("/ui/methods")
    expect(other.get_by_role("region", name="Your methods")).to_contain_text("Campus")
    no_barriers(other, axe)
    mine.get_by_role("button", name="Remove Campus").click()
    no_barriers(page, axe)
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(mine).not_to_contain_text("Campus")
    alone = mine.get_by_role("button", name="Remove E-mail address and password")
    expect(alone).to_have_attribute("aria-disabled", "true")


def test_who_has_an_account_adds_the_identity_they_came_with(
    visit: Visit, door: FrontDoor, axe: str
) -> None:
    door.add_user("edsger@example.net")
    page = visit()
    page.goto("/ui/signup")
    page.get_by_role("link", name="Continue with Campus").click()
    agree(page, "edsger")
    page.get_by_role("link", name="Sign in to add this way to it").click()
    no_barriers(page, axe)
    page.get_by_label("E-mail or user name").fill("edsger@example.net")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("The sign-in method was added to your account")).to_be_visible()
    page.goto("/ui/methods")
    expect(page.get_by_role("region", name="Your methods")).to_contain_text("edsger@example.org")


def test_somebody_comes_in_by_saml_across_sites(visit: Visit) -> None:
    page = visit()
    page.goto("/ui/")
    page.get_by_role("link", name="Continue with Home organisation").click()
    page.get_by_role("button", name="Go on as Ada").click()
    expect(page.get_by_label("E-mail address")).to_have_value("ada@example.org")
    page.get_by_role("button", name="Create the account").click()
    is_in(page)
    again = visit()
    again.goto("/ui/")
    again.get_by_role("link", name="Continue with Home organisation").click()
    again.get_by_role("button", name="Go on as Ada").click()
    is_in(again)


def test_who_lacks_a_method_that_they_must_have_is_led_to_add_it(
    visit: Visit, door: FrontDoor, axe: str
) -> None:
    door.add_user("barbara@example.net")
    door.manage("authpolicy-add", "must", "campus", "--required-policy", "True")
    door.manage("authpolicy-set", "must", "--user", "barbara@example.net")
    page = visit()
    sign_in(page, "barbara@example.net")
    expect(page.get_by_role("heading", name="Profile", level=1)).to_be_visible()
    page.get_by_role("link", name="Networks").first.click()
    expect(page.get_by_role("heading", name="Profile", level=1)).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Sign-in methods").click()
    expect(page.get_by_text("everybody here has to be able to sign in with it")).to_be_visible()
    no_barriers(page, axe)
    page.get_by_role("button", name="Add Campus").click()
    agree(page, "barbara")
    expect(page.get_by_text("Campus now opens your account.")).to_be_visible()
    page.goto("/ui/security")
    expect(page.get_by_role("heading", name="Security", level=1)).to_be_visible()


def test_saying_no_and_greek_words(visit: Visit) -> None:
    page = visit(locale="el-GR")
    page.goto("/ui/?notice=cancelled&provider=campus")
    expect(page.get_by_text("με Campus", exact=False).first).to_be_visible()
    page.goto("/ui/?notice=<b>evil</b>&provider=<img src=x>")
    expect(page.locator("img[src=x]")).to_have_count(0)
