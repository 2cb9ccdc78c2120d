"""The identity service under the address of another component, for pages of that component.

Browsers then need not call across origins. Spec: identity 20.
"""

from urllib.parse import parse_qsl

from synnefo.clients.astakos import base_of
from synnefo.clients.http import Http
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.serve.http.call import Call, Reply

PREFIX = "_astakos"
FORWARDED = frozenset({"identity", "account", "ui"})
LED = "weblogin"
_DROPPED = frozenset(
    {
        *("host", "cookie", "connection", "x-forwarded-host", "x-forwarded-for"),
        *("content-length", "transfer-encoding", "keep-alive", "te", "trailer", "upgrade"),
        *("proxy-authorization", "proxy-connection", "accept-encoding", "expect"),
    }
)
_KEPT_BACK = frozenset(
    {
        *("connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length"),
        *("set-cookie", "server", "date"),
    }
)
"""Cookies of the identity service are for its own address, not for the component's."""


def forward(call: Call, rest: str, auth_url: str) -> Reply:
    """Pass a request on to the identity service as it is, and its answer back.

    Only its APIs are reached; weblogin is for the browser itself, which is led there.
    """
    base = base_of(auth_url)
    first, *others = rest.split("/")
    query = str(call.meta.get("QUERY_STRING", ""))
    if first == LED:
        tail = f"?{query}" if query else ""
        return Reply(status=302, headers={"Location": f"{base}/{rest}{tail}"})
    if first not in FORWARDED:
        raise ItemNotFound("There is nothing at this address.")
    if {".", ".."} & set(others) or "\\" in rest:
        raise BadRequest("The path has dots where names should be.")
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    answer = Http(base, attempts=1).call(
        call.method,
        f"/{rest}",
        body=call.read_all() or None,
        query=pairs or None,
        headers=_headers(call),
        check=False,
    )
    told = {k: v for k, v in answer.headers.items() if k.lower() not in _KEPT_BACK}
    return Reply(status=answer.status, headers=told, body=answer.body or None)


def _headers(call: Call) -> dict[str, str]:
    """Answer what goes along: the client's headers, and from where it came."""
    kept = {name: value for name, value in call.headers.items() if name.lower() not in _DROPPED}
    before = call.headers.get("X-Forwarded-For")
    kept["X-Forwarded-For"] = f"{before}, {call.address}" if before else call.address
    return kept
