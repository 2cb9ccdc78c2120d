"""What every request passes through. Spec: operations 5.2."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from synnefo.kit import conf
from synnefo.webproject.settings import WebprojectSettings

Next = Callable[[HttpRequest], HttpResponseBase]


class TrustedProxy:
    """Believes forwarded headers, but only from the proxies that the operator named."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.believe = believer()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Take scheme and client address over from a trusted proxy."""
        self.believe(request.META)
        return self.get_response(request)


def believer() -> Callable[[dict[str, Any]], None]:
    """Make what takes scheme and client address over from a trusted proxy."""
    proxies = frozenset(conf.of(WebprojectSettings).trusted_proxies)

    def believe(meta: dict[str, Any]) -> None:
        if not proxies or meta.get("REMOTE_ADDR", "") not in proxies:
            return
        forwarded = meta.get("HTTP_X_FORWARDED_PROTO") or meta.get("HTTP_X_FORWARDED_PROTOCOL")
        if forwarded == "https":
            meta["wsgi.url_scheme"] = "https"
        if meta.get("HTTP_X_REAL_IP"):
            meta["synnefo.peer"] = meta["REMOTE_ADDR"]
            meta["REMOTE_ADDR"] = meta["HTTP_X_REAL_IP"]

    return believe
