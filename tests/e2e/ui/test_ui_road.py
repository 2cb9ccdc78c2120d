"""The road through the browser: sign in, image, machine, console, file, and all gone again."""

import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import Cloud, program
from tests.support.stillness import SETTLE

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_chromium,
    pytest.mark.needs_qemu,
]
BUILD_MS = 120_000
PAGES = ["", "machines", "machines/new", "images", "keys", "networks", "files", "quota", "access"]
PIXELS_NOT_BLACK = """canvas => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let lit = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] + data[at + 1] + data[at + 2] > 60) lit++;
  }
  return lit;
}"""
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


def row(page: Page, name: str) -> Locator:
    """Find the line of a list that names this thing."""
    return page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))


@pytest.fixture(scope="module")
def image_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ui") / "by-browser.img"
    subprocess.run([program("synnefo"), "demo-image", "-o", str(file)], check=True)
    return file


def test_a_wrong_password_is_said_so(browser: Browser, cloud: Cloud) -> None:
    stranger = browser.new_page(base_url=cloud.url, locale="en-GB")
    stranger.goto("/ui/machines")
    stranger.get_by_label("E-mail or user name").fill(cloud.user)
    stranger.get_by_label("Password", exact=True).fill("not the password")
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    expect(stranger.get_by_text("do not match")).to_be_visible()
    stranger.close()


def test_an_image_is_uploaded_with_progress(page: Page, image_file: Path) -> None:
    page.goto("/ui/images")
    page.get_by_role("button", name="Upload image").click()
    page.locator("#image-file").set_input_files(str(image_file))
    expect(page.get_by_label("Name", exact=True)).to_have_value("by-browser")
    page.get_by_label("Login name").fill("user")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(row(page, "by-browser")).to_contain_text("Ready", timeout=BUILD_MS)


def test_a_machine_is_created_and_becomes_running_without_reload(page: Page) -> None:
    page.goto("/ui/machines/new")
    page.get_by_label("Name", exact=True).fill("by-browser-1")
    page.locator("label").filter(has_text="by-browser").first.click()
    expect(page.get_by_role("complementary", name="Summary")).to_contain_text("then")
    page.get_by_role("button", name="Create by-browser-1").click()
    expect(page.get_by_role("heading", name="by-browser-1", level=1)).to_be_visible()
    expect(page.locator(".title")).to_contain_text("Running", timeout=BUILD_MS)


def test_its_console_shows_something(page: Page) -> None:
    page.goto("/ui/machines")
    page.get_by_role("link", name="by-browser-1", exact=True).click()
    page.get_by_role("link", name="Console").first.click()
    expect(page.locator('[data-screen="connected"]')).to_be_visible(timeout=BUILD_MS)
    screen = page.locator("[data-screen] canvas")
    expect(screen).to_be_visible()
    page.wait_for_function(
        f"() => ({PIXELS_NOT_BLACK})(document.querySelector('[data-screen] canvas')) > 200",
        timeout=BUILD_MS,
    )


def test_its_serial_log_is_read(page: Page) -> None:
    page.get_by_role("link", name="Serial log").click()
    expect(page.locator("pre.serial")).to_contain_text("login:", timeout=BUILD_MS)


def test_its_tags_are_edited(page: Page) -> None:
    page.get_by_role("link", name="Overview").last.click()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("button", name="Add tag").click()
    page.get_by_label("Key of tag 1").fill("role")
    page.get_by_label("Value of tag 1").fill("web")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Tags saved")).to_be_visible()


def test_a_file_goes_in_by_blocks_and_out_again(page: Page, tmp_path: Path) -> None:
    content = os.urandom(9 * 1024 * 1024) + bytes(5 * 1024 * 1024)
    file = tmp_path / "μετρήσεις 1.bin"
    file.write_bytes(content)
    page.goto("/ui/files")
    upload = page.get_by_role("button", name="Upload", exact=True, disabled=False)
    nothing = page.get_by_text("No containers yet")
    expect(upload.or_(nothing)).to_be_visible()
    if nothing.is_visible():
        page.get_by_role("button", name="New container").first.click()
        page.get_by_label("Name", exact=True).fill("by-browser")
        page.get_by_role("button", name="Create", exact=True).click()
    expect(upload).to_be_visible()
    page.locator("[data-upload]").set_input_files(str(file))
    expect(page.get_by_text("Uploads finished")).to_be_visible(timeout=BUILD_MS)
    page.get_by_role("button", name=file.name, exact=True).click()
    about = page.get_by_role("complementary", name=f"About {file.name}")
    with page.expect_download() as downloading:
        about.get_by_role("button", name="Download", exact=True).click()
    assert Path(downloading.value.path()).read_bytes() == content
    about.get_by_role("button", name="Close", exact=True).click()
    expect(about).to_be_hidden()


def test_a_deleted_file_can_be_brought_back(page: Page) -> None:
    name = "μετρήσεις 1.bin"
    page.get_by_role("button", name=f"Actions of {name}").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()


def test_a_file_that_exists_is_asked_about(page: Page, tmp_path: Path) -> None:
    name = "μετρήσεις 1.bin"
    (tmp_path / name).write_text("shorter now")
    page.locator("[data-upload]").set_input_files(str(tmp_path / name))
    page.get_by_role("button", name="Keep both").click()
    expect(page.get_by_role("button", name="μετρήσεις 1 (2).bin", exact=True)).to_be_visible()


def test_files_are_selected_and_deleted_together(page: Page) -> None:
    for name in ("μετρήσεις 1.bin", "μετρήσεις 1 (2).bin"):
        page.get_by_label(f"Select {name}").check()
    page.get_by_role("toolbar").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="μετρήσεις 1.bin", exact=True)).to_be_hidden()


def test_a_folder_is_made_and_deleted_after_a_question(page: Page) -> None:
    container = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("button", name="New folder").click()
    page.get_by_label("Name", exact=True).fill("figures")
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("link", name="figures").click()
    expect(page.get_by_text("This folder is empty")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Actions of figures").click()
    page.get_by_role("menuitem", name="Delete", exact=True).click()
    expect(page.get_by_role("link", name="figures")).to_be_hidden()
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Trash").click()
    page.get_by_role("table").get_by_role("link", name=container, exact=True).click()
    page.get_by_role("button", name="Actions of figures").click()
    page.get_by_role("menuitem", name="Delete for good…").click()
    sure = page.get_by_role("dialog").get_by_role("button", name="Delete figures")
    expect(sure).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("link", name="figures")).to_be_visible()
    page.get_by_role("button", name="Actions of figures").click()
    page.get_by_role("menuitem", name="Delete for good…").click()
    sure.click()
    expect(page.get_by_text("figures deleted")).to_be_visible()
    expect(page.get_by_role("link", name="figures")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_no_page_has_a_serious_finding_of_axe(
    page: Page, axe: str, address: str, theme: str
) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(f"/ui/{address}")
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate(axe)
    assert page.evaluate(SERIOUS) == []


def test_the_machine_is_deleted_after_its_name_is_typed(page: Page) -> None:
    page.goto("/ui/machines")
    page.get_by_role("button", name="Actions of by-browser-1").click()
    page.get_by_role("menuitem", name="Delete…").click()
    sure = page.get_by_role("button", name="Delete by-browser-1")
    expect(sure).to_have_attribute("aria-disabled", "true")
    page.get_by_label("Type by-browser-1 to confirm").fill("by-browser-1")
    sure.click()
    expect(page.get_by_role("link", name="by-browser-1", exact=True)).to_be_hidden(
        timeout=BUILD_MS
    )


def test_the_image_is_deleted(page: Page) -> None:
    page.goto("/ui/images")
    page.get_by_role("button", name="Actions of by-browser").click()
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_role("button", name="Delete by-browser").click()
    expect(row(page, "by-browser")).to_be_hidden()


def test_signing_out_ends_the_session(page: Page) -> None:
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
