"""A browser that is sent to providers and comes back."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from synnefo.astakos.domain.identities import Identity
from synnefo.astakos.models import User
from synnefo.astakos.usecases import auth_methods
from tests.support.astakos import a_user
from tests.support.page import ROOT, Page


def go(page: Page, path: str, **query: str) -> str:
    """Open an address as a browser does; answer where it is sent on to."""
    text = f"?{urlencode(query)}" if query else ""
    answer = page.client.get(ROOT + path + text)
    page.client.cookies.update(answer.cookies)
    assert answer.status_code == 303, answer.content
    return str(answer.headers["Location"])


def leave(page: Page, module: str, **query: str) -> str:
    """Press a provider's button."""
    return go(page, f"/login/{module}", **query)


def come_back(page: Page, module: str, query: dict[str, str]) -> str:
    """Come back from a provider; answer the page that goes on."""
    return go(page, f"/login/{module}/authenticated", **query)


def leave_to_add(page: Page, module: str, **body: Any) -> str:
    """Press the button that adds a method to the account that is signed in."""
    answer = page.post(f"/login/{module}", body)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["url"])


def query_of(address: str) -> dict[str, str]:
    """Read the query of an address."""
    found = parse_qs(urlsplit(address).query, keep_blank_values=True)
    return {name: values[0] for name, values in found.items()}


def notice_of(address: str) -> str:
    """Read what a page will say."""
    return query_of(address).get("notice", "")


def is_in(page: Page) -> bool:
    """Tell whether a browser has a session now; keeps its token."""
    return bool(page.took(page.get("/session")).status_code == 200 and page.token)


def a_holder(module: str, identifier: str, email: str = "", **facts: Any) -> User:
    """Make an active person who signs in by a provider, and by password too."""
    user = a_user(email)
    auth_methods.keep_local(user)
    auth_methods.attach(user, Identity(module=module, identifier=identifier, **facts))
    return user
