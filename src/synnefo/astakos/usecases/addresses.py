"""Addresses of our own pages, for links in mails, and of where people may go next.

They come from the settings alone, never from a request's Host header.
"""

from urllib.parse import quote, urlsplit

from synnefo.astakos.domain.destinations import is_acceptable
from synnefo.astakos.settings import AstakosSettings, SignUpSettings
from synnefo.kit import conf


def ui_root() -> str:
    """Answer the public address of the web interface, with a slash at its end."""
    named = conf.of(SignUpSettings).astakos_ui_url
    if named:
        return named.rstrip("/") + "/"
    parts = urlsplit(conf.of(AstakosSettings).astakos_base_url)
    return f"{parts.scheme}://{parts.netloc}/ui/"


def page(path: str, secret: str = "") -> str:
    """Answer the address of a page; a secret goes after #, where no server's log sees it."""
    fragment = f"#{quote(secret, safe='')}" if secret else ""
    return f"{ui_root()}{path.lstrip('/')}{fragment}"


def next_or(target: str, default: str) -> str:
    """Answer where to go next: as wished if that may be, else the default or the overview."""
    host = urlsplit(ui_root()).netloc
    if is_acceptable(target, host, conf.of(SignUpSettings).astakos_cookie_domain):
        return target
    return default or urlsplit(ui_root()).path
