"""Our APIs answered straight from WSGI, past Django's request handling.

Resolving addresses, signals and response objects of Django cost more than most of our handlers.
Pages, and views that wrap an API, still go through Django; so does its middleware, which APIs
do without.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from django.core.handlers.wsgi import get_path_info
from django.db import connections
from django.urls import URLResolver, get_resolver

from synnefo.serve.http.answer import Answer, Closing
from synnefo.serve.http.call import Call
from synnefo.serve.http.dispatch import Api

Environ = dict[str, Any]
_ENDS = ("", "/")
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Direct:
    """A WSGI application that answers some addresses itself and hands the others on.

    `prepare` sees each environment first. With `tidies`, the database connections of the thread
    are given back when the answer is out, as Django does it between requests.
    """

    def __init__(
        self,
        apis: Sequence[tuple[str, Api]],
        others: WsgiApp,
        *,
        prepare: Callable[[Environ], None],
        tidies: bool = True,
    ) -> None:
        self._apis: dict[str, list[tuple[str, Api]]] = {}
        for prefix, api in apis:
            self._apis.setdefault(_head(prefix), []).append((prefix, api))
        self._others = others
        self._prepare = prepare
        self._tidies = tidies

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO") or "/"
        if not path.isascii():
            path = get_path_info(environ)
        for prefix, api in self._apis.get(_head(path), ()):
            rest = path[len(prefix) :]
            if path.startswith(prefix) and rest[:1] in _ENDS and "\n" not in path:
                self._prepare(environ)
                answer = api.answer(Call(environ, rest))
                start_response(answer.status_line, answer.header_lines)
                return self._body(answer)
        return self._others(environ, start_response)

    def _body(self, answer: Answer) -> Iterable[bytes]:
        if isinstance(answer.body, bytes) or answer.body is None:
            if self._tidies and (answer.status >= 500 or _are_lent()):
                tidy()
            return (answer.body,) if answer.body else ()
        return Closing(answer, tidy if self._tidies else _nothing)


def mounted() -> list[tuple[str, Api]]:
    """List the APIs that Django's addresses lead to, each with the path it hangs under.

    An API at the top of its brick would hide what hangs below it; Django keeps answering it.
    """
    found: list[tuple[str, Api]] = []
    for branch in get_resolver().url_patterns:
        for leaf in branch.url_patterns if isinstance(branch, URLResolver) else ():
            api = getattr(getattr(leaf, "callback", None), "__self__", None)
            if isinstance(api, Api) and api.prefix:
                found.append((f"/{branch.pattern}{api.prefix}", api))
    return found


def _head(path: str) -> str:
    """Answer the first two segments of a path, by which APIs are looked up."""
    return "/".join(path.split("/", 3)[:3])


@cache
def _are_lent() -> bool:
    """Tell whether some database takes its connections back, or ends them, after a while."""
    real = [one for one in connections.settings.values() if not one["ENGINE"].endswith(".dummy")]
    return any(one["CONN_MAX_AGE"] is not None for one in real)


def tidy() -> None:
    """Close connections that broke or are pooled; keep the others for the next request."""
    for connection in connections.all(initialized_only=True):
        if connection.errors_occurred or connection.close_at is not None:
            connection.close_if_unusable_or_obsolete()


def _nothing() -> None:
    """Leave the connections to the request around this one."""
