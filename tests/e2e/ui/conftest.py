"""A browser at the door of a running cloud."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.conftest import Cloud

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def page(browser: Browser, cloud: Cloud) -> Iterator[Page]:
    """A page of the interface, signed in as the demonstration user."""
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(
        base_url=cloud.url, locale="en-GB", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    opened.goto("/ui/")
    opened.get_by_label("E-mail or user name").fill(cloud.user)
    opened.get_by_label("Password", exact=True).fill(cloud.password)
    opened.get_by_role("button", name="Sign in", exact=True).click()
    expect(opened.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    yield opened
    context.close()


@pytest.fixture
def axe() -> str:
    """The source of axe-core, as the interface's own tools install it."""
    source = Path(__file__).parents[3] / "web/node_modules/axe-core/axe.min.js"
    if not source.is_file():
        pytest.fail("axe-core is not installed; run `make ui`")
    return source.read_text()
