"""Addresses of pages in the first Synnefo: each leads to its page of today. Spec: identity 13.1.

Answers are 302, never 301: browsers remember the latter for ever (identity 22, L22).
"""

from collections.abc import Callable
from urllib.parse import quote

from synnefo.astakos.usecases import addresses
from synnefo.serve.http import Call, Reply, Route

PAGES = {
    "": "",
    "landing": "",
    "signup": "signup",
    "logout": "signout",
    "profile": "profile",
    "password_change": "security",
    "local": "",
    "local/password_reset": "reset",
    "local/password_reset/done": "reset",
    "local/password_reset_done": "reset",
    "local/reset/confirm/done": "",
    "local/password/reset/complete": "",
    "email_change": "profile",
    "api_access": "access",
    "resources": "quota",
    "approval_terms": "terms",
    "invite": "invitations",
    "feedback": "feedback",
}


def _leading_to(page: str) -> Callable[[Call], Reply]:
    def lead(call: Call) -> Reply:
        """Lead to the page of today, with the query kept."""
        return _to(call, page)

    return lead


def activate(call: Call) -> Reply:
    """Lead a link of the first Synnefo's mails on; its code goes where no log sees it."""
    return Reply(
        status=302, headers={"Location": addresses.page("activate", call.arg("auth") or "")}
    )


def confirm_email_change(call: Call, key: str) -> Reply:
    """Lead a link that confirms a new address on."""
    del call
    return Reply(status=302, headers={"Location": addresses.page("email-change", key)})


def show_version(call: Call, terms_id: str) -> Reply:
    """Lead to one version of the terms."""
    return _to(call, f"terms/{quote(terms_id, safe='')}")


def send_activation(call: Call, user_id: str) -> Reply:
    """Lead to where the mail is asked for again, by address instead of by number."""
    del user_id
    return _to(call, "activate")


def _to(call: Call, page: str) -> Reply:
    query = str(call.meta.get("QUERY_STRING", ""))
    location = addresses.page(page) + (f"?{query}" if query else "")
    return Reply(status=302, headers={"Location": location})


ROUTES = [
    *[Route("GET", f"/{old}", _leading_to(new), 302, auth=False) for old, new in PAGES.items()],
    Route("GET", "/activate", activate, 302, auth=False),
    Route("GET", "/send/activation/{user_id}", send_activation, 302, auth=False),
    Route("GET", "/email_change/confirm/{key}", confirm_email_change, 302, auth=False),
    Route("GET", "/approval_terms/{terms_id}", show_version, 302, auth=False),
]
