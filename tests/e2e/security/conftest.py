"""A browser at the door of an Astakos that runs as in production."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.front_door import PASSWORD, FrontDoor
from tests.support.mailbox import Mailbox, a_mail_server
from tests.support.stillness import SETTLE

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def mailbox_and_door(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Mailbox, FrontDoor]]:
    """A mail server, and Astakos sending by it."""
    with a_mail_server() as (box, port):
        settings = "ASTAKOS_SECOND_FACTOR_REQUIRED = 'operators'\n"
        door = FrontDoor(tmp_path_factory.mktemp("door"), port, settings)
        with door.open():
            yield box, door


@pytest.fixture
def mailbox(mailbox_and_door: tuple[Mailbox, FrontDoor]) -> Mailbox:
    """What arrived by mail."""
    return mailbox_and_door[0]


@pytest.fixture
def door(mailbox_and_door: tuple[Mailbox, FrontDoor]) -> FrontDoor:
    """The running Astakos."""
    return mailbox_and_door[1]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser, door: FrontDoor) -> Iterator[Callable[..., Page]]:
    """Open the interface in a browser of its own, wide or as a phone."""
    opened: list[BrowserContext] = []

    def open_page(*, phone: bool = False, dark: bool = False) -> Page:
        size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 860}
        context = browser.new_context(
            base_url=door.url,
            locale="en-GB",
            viewport=size,  # type: ignore[arg-type] # a ViewportSize by its keys
            color_scheme="dark" if dark else "light",
        )
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        return context.new_page()

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, as the interface's own tools install it."""
    source = Path(__file__).parents[3] / "web/node_modules/axe-core/axe.min.js"
    if not source.is_file():
        pytest.fail("axe-core is not installed; run `make ui`")
    return source.read_text()


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Give a name and a password at the gate."""
    page.goto("/ui/")
    page.get_by_label("E-mail or user name").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def is_in(page: Page) -> None:
    """Expect that somebody is in."""
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


def no_barriers(page: Page, axe: str) -> None:
    """Expect that axe finds nothing serious on a page; keep a picture where one is wanted."""
    page.wait_for_timeout(250)
    page.evaluate("async () => {" + SETTLE + "}")
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    serious = [
        (each["id"], each["nodes"][0]["html"])
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
    folder = os.environ.get("SYNNEFO_PICTURES")
    if folder:
        name = "".join(c if c.isalnum() else "-" for c in page.title().split(" · ")[0])
        width = page.evaluate("innerWidth")
        dialog = "-dialog" if page.locator("dialog[open]").count() else ""
        page.screenshot(path=f"{folder}/{name}{dialog}-{width}.png", full_page=not dialog)
    assert serious == []
