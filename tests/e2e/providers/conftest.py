"""Astakos as it runs, two providers of other makers, and a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.front_door import FrontDoor
from tests.support.openid import CLIENT, SECRET, mock_provider
from tests.support.ports import free_port
from tests.support.saml_idp import IdentityProvider
from tests.support.saml_pages import pages_of

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 20_000
SETTINGS = """
ASTAKOS_MODERATION_ENABLED = False
ASTAKOS_CAPTCHA = "none"
ASTAKOS_IM_MODULES = ["local", "campus", "home"]
ASTAKOS_OIDC_PROVIDERS = {{
    "campus": {{
        "issuer": {issuer!r}, "client_id": {client!r}, "client_secret": {secret!r},
        "title": "Campus",
    }}
}}
ASTAKOS_SAML_PROVIDERS = {{
    "home": {{"metadata_file": {metadata!r}, "title": "Home organisation"}}
}}
ASTAKOS_AUTH_PROVIDERS_AUTOVERIFY_POLICY = True
ASTAKOS_AUTH_PROVIDER_LOCAL_AUTOVERIFY_POLICY = False
"""
PEOPLE: tuple[dict[str, object], ...] = tuple(
    {
        "sub": name,
        "email": f"{name}@example.org",
        "email_verified": True,
        "given_name": name.title(),
        "family_name": "Example",
    }
    for name in ("grace", "alan", "edsger", "barbara")
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    """Astakos with an OpenID Connect provider and a SAML identity provider."""
    folder, port = tmp_path_factory.mktemp("providers"), free_port()
    idp = IdentityProvider(folder, "home", f"http://127.0.0.1:{port}")
    with mock_provider(*PEOPLE) as issuer, pages_of(idp, port):
        values = {"issuer": issuer, "client": CLIENT, "secret": SECRET}
        settings = SETTINGS.format(metadata=str(idp.metadata_file), **values)
        with FrontDoor(folder / "door", 9, settings).open() as running:
            place = f"{running.url}/astakos/ui/login/home/metadata"
            idp.know(httpx2.get(place).raise_for_status().content)
            yield running


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

    def open_page(*, phone: bool = False, dark: bool = False, locale: str = "en-GB") -> Page:
        context = browser.new_context(
            base_url=door.url,
            locale=locale,
            viewport={"width": 390 if phone else 1280, "height": 860},
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
