"""Consent, weblogin, programs and keys, as people meet them in a browser."""

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from urllib.request import urlopen

import pytest
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.support.pithos_server import PASSWORD, Server, environment, running
from tests.support.stillness import SETTLE

pytestmark = [pytest.mark.e2e, pytest.mark.needs_chromium]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 30_000
FINDINGS = (
    """async () => {"""
    + SETTLE
    + """
  const {violations} = await axe.run(document, {resultTypes: ['violations']});
  return violations.filter((each) => ['serious', 'critical'].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes[0].html}`);
}"""
)


class Back(http.server.BaseHTTPRequestHandler):
    """Somebody else's program: it notes to where it was called back."""

    called: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.called.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>App</title><h1>Back at the app</h1>")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def app() -> Iterator[str]:
    """Run somebody else's program."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Back)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/callback"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, app: str) -> Iterator[Server]:
    """Serve all bricks on a loopback port, with two clients registered."""
    data = tmp_path_factory.mktemp("handing")
    with running(data, workers=1, threads=4) as found:
        manage(data, "registry-sync", "--tokens-file", str(data / "conf" / "20-token.conf"))
        public = ("--type", "public", "--name", "Photo Printer", "--url", app)
        manage(data, "oauth2-client-add", "printer", *public)
        own = ("--secret", "s", "--is-trusted", "--url", app)
        manage(data, "oauth2-client-add", "view", *own)
        yield found


def manage(data: Path, *arguments: str) -> None:
    """Run one `snf-manage` command on the server's data."""
    command = [sys.executable, "-m", "synnefo.webproject.manage", *arguments]
    env = environment(data)
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run the system's Chromium, without a window."""
    with sync_playwright() as playwright:
        running_browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running_browser
        running_browser.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """Open a browser in which nobody is signed in."""
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(
        base_url=server.url, locale="en-GB", viewport={"width": 1280, "height": 800}
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def axe() -> str:
    """Answer the source of axe-core, as the interface's own tools install it."""
    source = Path(__file__).parents[3] / "web/node_modules/axe-core/axe.min.js"
    if not source.is_file():
        pytest.fail("axe-core is not installed; run `make ui`")
    return source.read_text()


def sign_in(page: Page, server: Server) -> None:
    """Fill in the sign-in page that the browser was led to."""
    page.get_by_label("E-mail or user name").fill(server.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def wish(client: str, app: str, **more: str) -> str:
    """Write the address to which a client sends a browser."""
    query = {"response_type": "code", "client_id": client, "redirect_uri": app, **more}
    return f"/astakos/oauth2/auth?{urlencode(query)}"


def findings(page: Page, axe: str) -> list[str]:
    """Answer what axe finds serious on a page."""
    page.evaluate(axe)
    found: list[str] = page.evaluate(FINDINGS)
    return found


def test_a_person_signs_in_allows_and_the_program_gets_its_token(
    page: Page, server: Server, app: str, axe: str
) -> None:
    verifier = generate_token(48)
    session = OAuth2Session(
        "printer",
        redirect_uri=app,
        token_endpoint_auth_method="none",
        code_challenge_method="S256",
    )
    url, state = session.create_authorization_url(
        f"{server.url}/astakos/oauth2/auth/", code_verifier=verifier
    )
    page.goto(url)
    sign_in(page, server)
    heading = page.get_by_role("heading", name="Photo Printer wants to act for you")
    expect(heading).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert findings(page, axe) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name="Back at the app")).to_be_visible()
    query = parse_qs(urlsplit(page.url).query)
    assert query["iss"] == [f"{server.url}/astakos"]
    token = session.fetch_token(
        f"{server.url}/astakos/oauth2/token/",
        authorization_response=page.url,
        code_verifier=verifier,
        state=state,
    )
    session.close()
    shown = f"{server.url}/astakos/identity/v2.0/tokens/{token['access_token']}"
    with urlopen(shown, timeout=30) as answer:
        assert json.load(answer)["access"]["user"]["id"] == server.account


def test_a_person_may_deny(page: Page, server: Server, app: str) -> None:
    challenge = create_s256_code_challenge("v" * 43)
    proof = {"code_challenge": challenge, "code_challenge_method": "S256", "state": "s"}
    page.goto(wish("printer", app, **proof))
    sign_in(page, server)
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", name="Back at the app")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["error"] == ["access_denied"]


def test_our_own_service_asks_nothing_of_who_is_signed_in(
    page: Page, server: Server, app: str
) -> None:
    page.goto("/ui/?next=/ui/access")
    sign_in(page, server)
    expect(page.get_by_role("heading", name="Programs")).to_be_visible()
    page.goto(wish("view", app))
    expect(page.get_by_role("heading", name="Back at the app")).to_be_visible()


def test_who_comes_from_another_site_is_known_by_way_of_our_page(
    page: Page, server: Server, app: str
) -> None:
    page.goto("/ui/?next=/ui/access")
    sign_in(page, server)
    expect(page.get_by_role("heading", name="Programs")).to_be_visible()
    target = f"{server.url}{wish('view', app)}"
    elsewhere = "http://elsewhere.test/"
    html = f"<!doctype html><a href='{target.replace('&', '&amp;')}'>Go</a>"
    page.route(f"{elsewhere}*", lambda route: fulfil(route, html))
    page.goto(elsewhere)
    page.get_by_role("link", name="Go").click()
    expect(page.get_by_role("heading", name="Back at the app")).to_be_visible()


def fulfil(route: Route, html: str) -> None:
    """Answer as another site would."""
    route.fulfill(status=200, content_type="text/html", body=html)


def test_weblogin_hands_a_token_to_a_program(page: Page, server: Server) -> None:
    page.goto(f"/astakos/weblogin/login?next={quote('pithos://done')}")
    with page.expect_event("requestfailed", lambda r: r.url.startswith("pithos:")) as failed:
        sign_in(page, server)
    query = parse_qs(urlsplit(failed.value.url).query)
    assert query["uuid"] == [server.account]
    assert len(query["token"][0]) == 43


def test_a_program_gets_a_credential_and_loses_it(page: Page, server: Server, axe: str) -> None:
    page.goto("/ui/?next=/ui/access")
    sign_in(page, server)
    page.get_by_role("button", name="New credential").click()
    page.get_by_label("Name", exact=True).fill("backup")
    page.get_by_label("Read only").check()
    page.get_by_text("Only these calls", exact=True).first.click()
    page.get_by_role("textbox", name="Only these calls").fill("object-store FETCH /v1/**")
    page.get_by_role("button", name="Create credential").click()
    expect(page.get_by_text("Line 1 is not a service, a method and a path.")).to_be_visible()
    page.get_by_role("textbox", name="Only these calls").fill("object-store GET /v1/**")
    assert findings(page, axe) == []
    page.get_by_role("button", name="Create credential").click()
    expect(page.get_by_role("heading", name="Secret of backup")).to_be_visible()
    page.get_by_label("I have stored the secret").check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("cell", name="backup", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="1 call")).to_be_visible()
    page.get_by_role("button", name="New key").click()
    expect(page.get_by_text("1 key", exact=True)).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert findings(page, axe) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Delete backup").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete backup").click()
    expect(page.get_by_text("No program has a credential")).to_be_visible()
