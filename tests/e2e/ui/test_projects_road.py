"""A project through the browser: asked for, approved, joined, worked in. Spec: identity 13.15."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Cloud
from tests.support.stillness import SETTLE

pytestmark = [pytest.mark.e2e, pytest.mark.needs_chromium]

NAME = "road.example.org"
ADA = "ada@road.example.org"
PASSWORD = "a horse that is correct 1"
PATIENCE_MS = 20_000
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
Enter = Callable[..., Page]


@pytest.fixture(scope="module")
def enter(browser: Browser, cloud: Cloud) -> Iterator[Enter]:
    """Sign people in, each in a browser of their own."""
    expect.set_options(timeout=PATIENCE_MS)
    opened = []

    def sign_in(user: str, password: str, **looks: object) -> Page:
        context = browser.new_context(
            base_url=cloud.url,
            locale="en-GB",
            **looks,  # type: ignore[arg-type] # as the test says
        )
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        page = context.new_page()
        page.goto("/ui/")
        page.get_by_label("E-mail or user name").fill(user)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
        return page

    yield sign_in
    for context in opened:
        context.close()


@pytest.fixture(scope="module")
def owner(enter: Enter, cloud: Cloud) -> Page:
    return enter(cloud.user, cloud.password)


@pytest.fixture(scope="module")
def ada(enter: Enter, cloud: Cloud) -> Page:
    made = cloud.manage("user-add", ADA, "Ada", "Lovelace", "--password", PASSWORD, "--accept")
    assert made.returncode == 0, made.stderr
    return enter(ADA, PASSWORD)


def open_project(page: Page) -> None:
    """Open the project from the list, as people do."""
    page.goto("/ui/projects")
    page.get_by_role("main").get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()


def test_a_project_is_asked_for_with_a_look_ahead(owner: Page) -> None:
    owner.goto("/ui/projects")
    owner.get_by_role("button", name="Ask for a project").click()
    owner.get_by_label("Name", exact=True).fill(NAME)
    owner.get_by_label("To those who decide").fill("For the spring course")
    owner.get_by_label("Private networks, whole project").fill("2")
    each = owner.get_by_label("Private networks, each member")
    each.fill("3")
    expect(owner.get_by_text("A member cannot have more")).to_be_visible()
    each.fill("1")
    ahead = owner.get_by_role("complementary", name="If it is approved")
    expect(ahead.get_by_text("2 left of 2")).to_be_visible()
    expect(ahead.get_by_text("one more member could use 1 at once")).to_be_visible()
    owner.get_by_role("button", name="Look over").click()
    expect(owner.get_by_role("row", name="Private networks, each member")).to_be_visible()
    owner.get_by_role("button", name="Send the request").click()
    expect(owner.get_by_role("heading", name=NAME, level=1)).to_be_visible()
    expect(owner.get_by_text("This project waits for review")).to_be_visible()


def test_an_administrator_approves_with_a_reason(enter: Enter, cloud: Cloud) -> None:
    boss = enter(cloud.admin, cloud.admin_password)
    boss.goto("/ui/projects/requests")
    card = boss.get_by_role("region").filter(has=boss.get_by_role("link", name=NAME))
    card.get_by_role("button", name="Approve").click()
    boss.get_by_label("Reason").fill("Good work")
    boss.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(card).to_have_count(0)


def test_somebody_finds_it_and_asks_to_join(ada: Page) -> None:
    ada.goto("/ui/projects")
    ada.get_by_role("button", name="Find and join").click()
    ada.get_by_label("Part of a name").fill("road")
    line = ada.get_by_role("row").filter(has_text=NAME)
    line.get_by_role("button", name="Join", exact=True).click()
    dialog = ada.get_by_role("dialog")
    expect(dialog.get_by_text("Private networks")).to_be_visible()
    dialog.get_by_role("button", name="Join").click()
    expect(ada.get_by_text("You asked to join")).to_be_visible()


def test_the_owner_accepts_many_after_a_preview(owner: Page) -> None:
    open_project(owner)
    owner.get_by_role("link", name="Members").click()
    owner.get_by_label("Choose all").check()
    owner.get_by_role("toolbar").get_by_role("button", name="Accept").click()
    dialog = owner.get_by_role("dialog")
    expect(dialog.get_by_text("What will happen")).to_be_visible()
    expect(dialog.get_by_text(ADA)).to_be_visible()
    dialog.get_by_role("button", name="Accept").click()
    expect(owner.get_by_role("row").filter(has_text=ADA).get_by_text("Member")).to_be_visible()


def test_a_member_works_in_it_within_its_limits(ada: Page) -> None:
    ada.goto("/ui/networks")
    ada.locator("button.switch").click()
    ada.get_by_role("button", name=NAME).click()
    expect(ada.get_by_text(f"You now work in {NAME}")).to_be_visible()
    expect(ada.get_by_text("0 of 1 private networks used")).to_be_visible()
    for name in ("lab-net", "one-too-many"):
        ada.get_by_role("button", name="Create network").first.click()
        ada.get_by_label("Name", exact=True).fill(name)
        ada.get_by_role("dialog").get_by_role("button", name="Create").click()
        if name == "lab-net":
            expect(ada.get_by_role("row").filter(has_text="lab-net")).to_be_visible()
    expect(ada.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    ada.reload()
    expect(ada.get_by_text("1 of 1 private networks used")).to_be_visible()
    ada.goto("/ui/quota")
    card = ada.get_by_role("region", name=NAME)
    expect(card.get_by_text("1 of 1 used")).to_be_visible()


def test_usage_over_time_is_plotted_and_tabled(owner: Page, cloud: Cloud) -> None:
    open_project(owner)
    expect(owner.get_by_text("1 of 2 used")).to_be_visible()
    owner.get_by_role("navigation", name=NAME).get_by_role("link", name="Usage").click()
    chart = owner.get_by_role("region", name="Private networks")
    expect(chart.locator("canvas")).to_be_visible()
    owner.get_by_label("Usage of").select_option(label=ADA)
    expect(chart.locator("canvas")).to_be_visible()
    chart.get_by_role("button", name="Show as table").click()
    expect(chart.get_by_role("table")).to_be_visible()


def test_a_network_is_moved_to_another_project(ada: Page) -> None:
    ada.goto("/ui/networks")
    ada.get_by_role("button", name="Actions of lab-net").click()
    ada.get_by_role("menuitem", name="Move to another project").click()
    dialog = ada.get_by_role("dialog")
    expect(dialog.get_by_label("Project")).to_be_visible()
    dialog.get_by_role("button", name="Move", exact=True).click()
    expect(ada.get_by_text("pays for lab-net now")).to_be_visible()
    expect(ada.get_by_text("0 of 1 private networks used")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_has_a_serious_finding_of_axe(
    enter: Enter, cloud: Cloud, axe: str, scheme: str, width: int
) -> None:
    page = enter(
        cloud.user,
        cloud.password,
        color_scheme=scheme,
        viewport={"width": width, "height": 844},
    )
    open_project(page)
    project = page.url.rpartition("/")[2]
    found = []
    for address in (
        *("projects", "projects?find=1", "projects/new", "projects/requests", "quota"),
        *(f"projects/{project}{tab}" for tab in ("", "/members", "/usage", "/story", "/modify")),
    ):
        page.goto(f"/ui/{address}")
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        page.evaluate(axe)
        found += [f"{address}: {each}" for each in page.evaluate(SERIOUS)]
        overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        if page.evaluate(overflow):
            found.append(f"{address} is wider than the screen")
    assert found == []
    page.context.close()


def test_the_list_is_worked_by_keyboard_and_in_greek(enter: Enter, cloud: Cloud) -> None:
    page = enter(cloud.user, cloud.password)
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="Projects", level=1)).to_be_visible()
    menu = page.get_by_role("button", name=f"Actions of {NAME}")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Open")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()
    page.evaluate("localStorage.setItem('language', 'el')")
    page.reload()
    expect(page.get_by_role("link", name="Ιστορικό")).to_be_visible()
