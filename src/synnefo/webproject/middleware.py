"""What every request passes through. Spec: operations 5.2."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from synnefo.kit import conf
from synnefo.webproject.settings import WebprojectSettings

Next = Callable[[HttpRequest], HttpResponseBase]


class TrustedProxy:
    """Believes forwarded headers, but only from the proxies that the operator named."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.proxies = frozenset(conf.of(WebprojectSettings).trusted_proxies)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Take scheme and client address over from a trusted proxy."""
        meta = request.META
        if self.proxies and meta.get("REMOTE_ADDR", "") in self.proxies:
            forwarded = meta.get("HTTP_X_FORWARDED_PROTO") or meta.get("HTTP_X_FORWARDED_PROTOCOL")
            if forwarded == "https":
                meta["wsgi.url_scheme"] = "https"
            if meta.get("HTTP_X_REAL_IP"):
                meta["REMOTE_ADDR"] = meta["HTTP_X_REAL_IP"]
        return self.get_response(request)
