"""Operators at their pages, in a real browser: find, look, decide, undo; by keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.support.front_door import PASSWORD, ROOT, FrontDoor
from tests.support.stillness import SETTLE

pytestmark = [pytest.mark.e2e, pytest.mark.needs_chromium]
SEED = Path(__file__).with_name("operators_seed.py")
BOSS = "boss@example.org"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAGES = ["users", "requests", "projects", "quota", "groups", "policies", "audit"]
SERIOUS = (
    """async () => {"""
    + SETTLE
    + """
  const {violations} = await axe.run(document, {resultTypes: ['violations']});
  return violations
    .filter(each => ['serious', 'critical'].includes(each.impact))
    .map(each => `${each.id}: ${each.nodes.map(node => node.html).join(' ')}`);
}"""
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    """Serve an Astakos with sixty people, two projects and two applications."""
    place = FrontDoor(tmp_path_factory.mktemp("op"), 9)
    with place.open():
        place.add_user(BOSS, "--admin")
        place.add_user("ada@example.org")
        place.manage("shell", "-v", "0", "-c", SEED.read_text())
        yield place


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run the system's Chromium, without a window."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield running
        running.close()


def signed_in(browser: Browser, door: FrontDoor, name: str = BOSS, **more: object) -> Page:
    """Open the pages as somebody."""
    viewport = {"width": more.pop("width", 1280), "height": 900}
    context = browser.new_context(
        base_url=door.url,
        locale=str(more.pop("locale", "en-GB")),
        viewport=viewport,  # type: ignore[arg-type] # a dictionary is a viewport size
        color_scheme="dark" if more.pop("dark", False) else "light",
    )
    page = context.new_page()
    page.goto("/ui/")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("input.inp").first.fill(name)
    page.locator("button[type=submit]").click()
    expect(page.locator(".app main h1")).to_be_visible()
    return page


@pytest.fixture(scope="module")
def page(browser: Browser, door: FrontDoor) -> Iterator[Page]:
    """Open the pages as an operator."""
    expect.set_options(timeout=20_000)
    opened = signed_in(browser, door)
    yield opened
    opened.context.close()


def row(page: Page, name: str) -> Locator:
    """Find the line of a list that names this thing."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name))


def test_ordinary_people_see_no_trace_of_the_operators_pages(
    browser: Browser, door: FrontDoor
) -> None:
    page = signed_in(browser, door, "ada@example.org")
    expect(page.get_by_role("link", name="Audit log")).to_have_count(0)
    page.goto("/ui/operate/users")
    expect(page.get_by_text("not allowed")).to_be_visible()
    page.context.close()


def test_a_user_is_found_let_in_and_the_log_says_so(page: Page) -> None:
    page.goto("/ui/operate/users")
    page.get_by_label("E-mail, name, id").fill("user01")
    expect(page.get_by_text("1 of 1")).to_be_visible()
    row(page, "user01@example.org").get_by_role("button").click()
    page.get_by_role("menuitem", name="Let in").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Awaiting approval → Active")).to_be_visible()
    expect(dialog.get_by_text("project of their own is made")).to_be_visible()
    dialog.get_by_role("button", name="Let in").click()
    expect(row(page, "user01@example.org").get_by_text("Active")).to_be_visible()
    page.goto("/ui/operate/audit?act=user.accepted&whom=user01")
    line = page.get_by_role("row").filter(has_text="user.accepted")
    expect(line).to_contain_text(BOSS)
    expect(line).to_contain_text("127.0.0.1")


def test_many_are_deactivated_after_a_preview_and_undo_brings_them_back(page: Page) -> None:
    page.goto("/ui/operate/users?state=active&q=user1")
    expect(page.get_by_label("Select user10@example.org")).to_be_visible()
    for name in ("user10", "user11"):
        page.get_by_label(f"Select {name}@example.org").check()
    page.get_by_role("toolbar").get_by_role("button", name="Deactivate").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("2: Active → Deactivated")).to_be_visible()
    dialog.get_by_label("Reason").fill("Spring cleaning")
    dialog.get_by_role("button", name="Deactivate (2)").click()
    expect(page.get_by_text("Deactivate: 2 done")).to_be_visible()
    expect(page.get_by_label("Select user10@example.org")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Select user10@example.org")).to_be_visible()


def test_all_who_fit_are_selected_across_pages(page: Page) -> None:
    page.goto("/ui/operate/users")
    expect(page.get_by_role("button", name="Show more")).to_be_visible()
    page.get_by_role("checkbox", name="Select all 50").check()
    page.get_by_role("button", name="Select all 62").click()
    expect(page.get_by_role("toolbar", name="62 selected")).to_be_visible()


def test_everything_about_a_user_is_there_and_limits_change(page: Page) -> None:
    page.goto("/ui/operate/users?q=user05")
    row(page, "user05@example.org").get_by_role("link").click()
    expect(page.get_by_role("heading", name="user05@example.org")).to_be_visible()
    expect(page.get_by_role("link", name="genome.example.org")).to_be_visible()
    page.get_by_role("link", name="Quota", exact=True).last.click()
    page.get_by_role("button", name="Change limits").click()
    page.get_by_label("cyclades.ram, Limit").fill("16 GB")
    page.get_by_role("button", name="Set 1 limit").click()
    expect(row(page, "Personal project").filter(has_text="16 GB")).to_be_visible()


def test_a_password_that_was_made_is_shown_once(page: Page) -> None:
    page.goto("/ui/operate/users?q=user06")
    row(page, "user06@example.org").get_by_role("link").click()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="New password").click()
    page.get_by_label("Make a password now").check()
    page.get_by_role("button", name="Make password").click()
    expect(page.get_by_text("Shown this once")).to_be_visible()
    page.get_by_role("button", name="I have stored it").click()
    expect(page.get_by_text("Shown this once")).to_have_count(0)


def test_a_request_is_approved_with_its_difference_in_sight(page: Page) -> None:
    page.goto("/ui/operate/requests")
    card = page.get_by_role("article").filter(has_text="genome.example.org")
    expect(card.get_by_role("row").filter(has_text="cyclades.vm")).to_contain_text("40 → 80")
    card.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(card).to_have_count(0)
    page.goto("/ui/operate/projects?q=genome")
    row(page, "genome.example.org").get_by_role("link", name="genome").click()
    expect(page.get_by_role("row").filter(has_text="cyclades.vm")).to_contain_text("80")


def test_who_is_over_a_limit_is_listed_and_defaults_change(page: Page) -> None:
    page.goto("/ui/operate/quota")
    expect(row(page, "user05@example.org").filter(has_text="cyclades.vm").first).to_be_visible()
    page.get_by_role("button", name="Change defaults").click()
    page.get_by_label("cyclades.vm, Personal default").fill("7")
    page.get_by_role("button", name="Set 1 limit").click()
    expect(
        page.get_by_role("row").filter(has_text="What is counted as cyclades.vm")
    ).to_contain_text("7")


def test_a_group_and_a_policy_for_it_are_made(page: Page) -> None:
    page.goto("/ui/operate/groups")
    page.get_by_role("button", name="Add group").click()
    page.get_by_label("Name").fill("visitors")
    page.get_by_role("dialog").get_by_role("button", name="Add group").click()
    expect(row(page, "visitors")).to_be_visible()
    page.goto("/ui/operate/policies")
    page.get_by_role("button", name="Add profile").click()
    page.get_by_label("Name").fill("no-visitors")
    page.get_by_label("Sign in", exact=True).select_option("No")
    page.get_by_label("visitors").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text="no-visitors")).to_contain_text("visitors")


def test_the_seals_of_the_log_are_checked_and_the_log_is_exported(page: Page) -> None:
    page.goto("/ui/operate/audit")
    page.get_by_role("button", name="Check seals").click()
    expect(page.get_by_text("entries, unchanged")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert '"digest"' in Path(download.value.path()).read_text()


def test_a_list_is_worked_by_keyboard_alone(page: Page) -> None:
    page.goto("/ui/operate/users?q=user2")
    expect(page.get_by_text("10 of 10")).to_be_visible()
    page.locator("#main").focus()
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.get_by_role("toolbar", name="2 selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Security").last).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Users")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "dark", "locale"),
    [(1280, False, "en-GB"), (390, True, "en-GB"), (390, False, "el-GR")],
    ids=["wide", "phone-dark", "phone-greek"],
)
def test_no_page_has_serious_faults_nor_scrolls_sideways(
    browser: Browser, door: FrontDoor, width: int, dark: bool, locale: str
) -> None:
    axe = (ROOT / "web/node_modules/axe-core/axe.min.js").read_text()
    page = signed_in(browser, door, width=width, dark=dark, locale=locale)
    faults = []
    for name in PAGES:
        page.goto(f"/ui/operate/{name}")
        expect(page.locator(".app main h1")).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.evaluate(axe)
        faults += [f"{name}: {fault}" for fault in page.evaluate(SERIOUS)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{name}: scrolls sideways")
    assert faults == []
    page.context.close()
