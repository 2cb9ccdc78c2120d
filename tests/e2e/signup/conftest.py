"""An Astakos that takes sign-ups, its mail server, and a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.security.conftest import axe, browser, door, mailbox, visit
from tests.support.front_door import FrontDoor
from tests.support.mailbox import Mailbox, a_mail_server

__all__ = ["Visit", "axe", "browser", "door", "mailbox", "visit"]

Visit = Callable[..., Page]
SETTINGS = """
HELPDESK = [("Help", "help@example.org")]
ASTAKOS_EMAILCHANGE_ENABLED = True
ASTAKOS_INVITATIONS_ENABLED = True
ASTAKOS_DEFAULT_USER_LEVEL = 1
ASTAKOS_SIGNUP_MESSAGES = [("info", "Ask us <a href='https://example.org/'>anything</a>.")]
ASTAKOS_SIGN_UP_LIMIT = 1000
"""


@pytest.fixture(scope="module")
def mailbox_and_door(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Mailbox, FrontDoor]]:
    """A mail server, and an Astakos that is open to everybody."""
    folder: Path = tmp_path_factory.mktemp("signup")
    with a_mail_server() as (box, port), FrontDoor(folder, port, SETTINGS).open() as door:
        door.add_user("operator@example.org", "--admin")
        yield box, door
