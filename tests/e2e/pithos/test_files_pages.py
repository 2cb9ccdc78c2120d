"""The pages of files in a real browser, over a real storage."""

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from tests.support.pithos_server import PASSWORD, ROOT, Server

pytestmark = pytest.mark.needs_chromium
MIB = 2**20
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
MANY = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
INSERT INTO pithos_node (container_id, name)
SELECT c.id, printf('file-%06d.txt', i) FROM n, pithos_container c WHERE c.name = 'BOX';
INSERT INTO pithos_version (node_id, cluster, hash, size, type, checksum, uuid, modified,
    modified_by, available, is_snapshot, metadata, large_etag)
SELECT n.id, 0, 'e3', 1, 'text/plain', '', 'many-' || n.id, 1700000000000000, '', 1, 0, '{}', ''
FROM pithos_node n JOIN pithos_container c ON c.id = n.container_id WHERE c.name = 'BOX';
UPDATE pithos_node SET current_id = (SELECT serial FROM pithos_version v WHERE v.node_id =
    pithos_node.id) WHERE container_id = (SELECT id FROM pithos_container WHERE name = 'BOX');
UPDATE pithos_tally SET population = 100000, size = 100000 WHERE stripe = 0 AND container_id =
    (SELECT id FROM pithos_container WHERE name = 'BOX');
"""
GONE = """
UPDATE pithos_node SET current_id = NULL WHERE container_id =
    (SELECT id FROM pithos_container WHERE name = 'BOX');
DELETE FROM pithos_version WHERE uuid LIKE 'many-%';
DELETE FROM pithos_node WHERE name LIKE 'file-%.txt' AND container_id =
    (SELECT id FROM pithos_container WHERE name = 'BOX');
UPDATE pithos_tally SET population = 0, size = 0 WHERE stripe = 0 AND container_id =
    (SELECT id FROM pithos_container WHERE name = 'BOX');
"""
"""Takes the made-up files away again: nobody stored the block that they name."""


@pytest.fixture(scope="module")
def pages(server: Server) -> Iterator[BrowserContext]:
    """A browser where somebody has signed in."""
    if not (ROOT / "web/dist/index.html").is_file():
        pytest.fail("the interface is not built; run `make ui`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = browser.new_context(
            base_url=server.url, locale="en-GB", viewport={"width": 1280, "height": 900}
        )
        context.set_default_timeout(30_000)
        expect.set_options(timeout=30_000)
        page = context.new_page()
        page.goto("/ui/")
        page.get_by_label("E-mail or user name").fill(server.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
        yield context
        browser.close()


@pytest.fixture
def page(pages: BrowserContext) -> Iterator[Page]:
    found = pages.new_page()
    yield found
    found.close()


@pytest.fixture
def box(server: Server, request: pytest.FixtureRequest) -> str:
    """A container of the test's own."""
    name = f"box-{abs(hash(request.node.name)) % 10**8}"
    call(server, "PUT", f"/{name}")
    return name


def call(server: Server, method: str, path: str, body: bytes | None = None, **more: str) -> bytes:
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    request = Request(
        server.native + path, body, {"X-Auth-Token": server.token, **headers}, method=method
    )
    with urlopen(request, timeout=60) as answer:
        return bytes(answer.read())


def names(server: Server, box: str) -> list[str]:
    return call(server, "GET", f"/{box}").decode().split()


def act(page: Page, name: str, deed: str) -> None:
    """Choose a deed from the menu of a file."""
    page.get_by_role("button", name=f"Actions of {name}").click()
    page.get_by_role("menuitem", name=deed).click()


def sound(page: Page) -> None:
    """Require that nothing on the page shuts people out."""
    page.evaluate(AXE.read_text())
    told = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in told["violations"]
        if one["impact"] in {"serious", "critical"}
    ]
    assert serious == []


def test_a_file_is_looked_at_and_an_old_version_comes_back(
    server: Server, page: Page, box: str
) -> None:
    for text in (b"one\ntwo\nthree\n", b"one\nTWO\nthree\n"):
        call(server, "PUT", f"/{box}/notes.txt", text, Content_Type="text/plain")
    page.goto(f"/ui/files/{box}")
    page.get_by_role("button", name="notes.txt", exact=True).click()
    panel = page.get_by_role("complementary", name="About notes.txt")
    expect(panel.get_by_role("region", name="Preview of notes.txt")).to_contain_text("TWO")
    panel.get_by_role("button", name="Compare version").click()
    difference = page.get_by_role("region", name="What changed in notes.txt")
    expect(difference).to_contain_text("removed:two")
    expect(difference).to_contain_text("added:TWO")
    sound(page)
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    panel.get_by_role("button", name="Restore version").click()
    expect(panel.get_by_role("region", name="Preview of notes.txt")).to_contain_text("two")
    assert call(server, "GET", f"/{box}/notes.txt") == b"one\ntwo\nthree\n"
    sound(page)


def test_deleted_files_lie_in_the_trash_until_they_are_restored(
    server: Server, page: Page, box: str
) -> None:
    for name in ("a.txt", "folder/b.txt"):
        call(server, "PUT", f"/{box}/{name}", b"kept", Content_Type="application/x-kept")
    page.goto(f"/ui/files/{box}")
    act(page, "a.txt", "Delete")
    expect(page.get_by_text("a.txt is in the trash")).to_be_visible()
    act(page, "folder", "Delete")
    expect(page.get_by_text("folder is in the trash")).to_be_visible()
    assert names(server, box) == []
    page.goto(f"/ui/files/trash/{box}")
    act(page, "a.txt", "Restore")
    expect(page.get_by_text("a.txt is back where it was")).to_be_visible()
    act(page, "folder", "Restore")
    expect(page.get_by_text("folder is back where it was")).to_be_visible()
    assert "a.txt" in names(server, box)
    assert call(server, "GET", f"/{box}/folder/b.txt") == b"kept"
    types = {one["name"]: one["content_type"] for one in json.loads(
        call(server, "GET", f"/{box}?format=json"))}  # fmt: skip
    assert types["folder"] == "application/directory"
    assert types["a.txt"] == "application/x-kept"


def test_chosen_files_move_to_another_folder(server: Server, page: Page, box: str) -> None:
    for name in ("x.txt", "y.txt", "into/z.txt"):
        call(server, "PUT", f"/{box}/{name}", name.encode())
    page.goto(f"/ui/files/{box}")
    for name in ("x.txt", "y.txt"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    page.get_by_role("toolbar").get_by_role("button", name="Move").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="into").click()
    sound(page)
    dialog.get_by_role("button", name="Move here").click()
    expect(dialog).to_be_hidden()
    assert names(server, box) == ["into/x.txt", "into/y.txt", "into/z.txt"]


def test_sharing_shows_who_sees_what_and_links_open_for_a_while(
    server: Server, page: Page, box: str
) -> None:
    call(server, "PUT", f"/{box}/report 1.txt".replace(" ", "%20"), b"for others")
    page.goto(f"/ui/files/{box}")
    act(page, "report 1.txt", "Share…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Add people or groups").or_(
        dialog.get_by_role("combobox", name="Add people or groups")
    ).fill("nobody@example.org")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_text("Nobody here is called nobody@example.org")).to_be_visible()
    dialog.get_by_role("button", name="Let everybody with an account read").click()
    expect(dialog.get_by_text("Everybody with an account here")).to_be_visible()
    dialog.get_by_role("button", name="Make link").click()
    link = dialog.locator("input[readonly]").last
    expect(link).to_be_visible()
    with urlopen(link.input_value(), timeout=30) as answer:
        assert answer.read() == b"for others"
    sound(page)
    dialog.get_by_role("button", name="Done").click()
    page.goto("/ui/sharing")
    expect(page.get_by_text(f"{box}/report 1.txt")).to_be_visible()
    sound(page)


def test_what_takes_space_is_a_picture_and_everything_can_be_found(
    server: Server, page: Page, box: str
) -> None:
    call(server, "PUT", f"/{box}/deep/er/large.bin", os.urandom(300_000))
    call(server, "PUT", f"/{box}/small.bin", os.urandom(50_000))
    page.goto(f"/ui/files/{box}")
    page.get_by_role("button", name="What takes space").click()
    picture = page.get_by_role("group", name="Space by folder")
    picture.get_by_role("button", name="deep 293 KB, 86 %").click()
    expect(picture.get_by_role("button", name="er 293 KB, 100 %")).to_be_visible()
    sound(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Search all folders").click()
    page.get_by_role("dialog").get_by_role("searchbox").fill("LARGE er")
    page.get_by_role("button", name="deep/er/large.bin").click()
    expect(page.get_by_role("complementary", name="About large.bin")).to_be_visible()


def test_an_upload_pauses_and_sends_only_what_is_missing(
    server: Server, page: Page, box: str, tmp_path: Path
) -> None:
    file = tmp_path / "disk.raw"
    file.write_bytes(os.urandom(30 * MIB))
    page.goto(f"/ui/files/{box}")
    page.locator("input[data-upload]").set_input_files(file)
    tray = page.get_by_role("region", name="Uploads")
    tray.get_by_role("button", name="Pause").click()
    expect(tray.get_by_text("Paused, 1 file to go")).to_be_visible()
    tray.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="disk.raw", exact=True)).to_be_visible()
    assert call(server, "GET", f"/{box}/disk.raw") == file.read_bytes()
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.method) if "update" in one.url else None)
    again = tmp_path / "again.raw"
    again.write_bytes(file.read_bytes()[: 20 * MIB] + os.urandom(4 * MIB))
    page.locator("input[data-upload]").set_input_files(again)
    expect(page.get_by_role("button", name="again.raw", exact=True)).to_be_visible()
    assert sent.count("POST") == 1


@pytest.fixture
def many(server: Server, box: str) -> Iterator[str]:
    """A container of 100,000 files, as long as the test lasts."""
    with closing(sqlite3.connect(server.data / "db" / "pithos.sqlite3", timeout=30)) as rows:
        rows.executescript(MANY.replace("BOX", box))
        yield box
        rows.executescript(GONE.replace("BOX", box))


def test_a_hundred_thousand_files_are_one_quick_list(page: Page, many: str) -> None:
    page.goto(f"/ui/files/{many}")
    expect(page.get_by_text("file-000003.txt").first).to_be_visible()
    expect(page.get_by_text(re.compile("100,?000 files"))).to_be_visible(timeout=60_000)
    assert page.locator("tbody tr").count() < 300
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_text("file-099998.txt")).to_be_visible()
    assert page.locator("tbody tr").count() < 300
