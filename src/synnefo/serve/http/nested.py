"""Calls from one brick to another in the same process, harmless to the request around them.

`clients.http.mount(base_url, in_process(handler))` keeps such calls off the network. The inner
request runs without Django's request signals, which would close the database connections that
the outer request is using, and in a copy of its context, so that logs keep their own ids.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Body:
    """An answer's pieces; closing them frees what the answer holds and tells nobody else."""

    def __init__(self, response: HttpResponseBase) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        if isinstance(self._response, StreamingHttpResponse):
            yield from self._response
        elif isinstance(self._response, HttpResponse):
            yield self._response.content

    def close(self) -> None:
        """Run the closers of the answer without announcing the end of a request."""
        for closer in self._response._resource_closers:  # type: ignore[attr-defined]
            closer()
        self._response._resource_closers.clear()  # type: ignore[attr-defined]
        self._response.closed = True


def in_process(handler: BaseHandler) -> WsgiApp:
    """Wrap a loaded Django handler as an application for calls of this process to itself."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ.setdefault("wsgi.input", io.BytesIO())
        response = handler.get_response(WSGIRequest(environ))
        cookies = [("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()]
        start_response(
            f"{response.status_code} {response.reason_phrase}",
            [(name, str(value)) for name, value in response.items()] + cookies,
        )
        return _Body(response)

    return app
