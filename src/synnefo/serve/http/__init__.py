"""HTTP: routes, bodies, callers and faults of every API."""

from synnefo.serve.http.answer import Answer
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call, Reply
from synnefo.serve.http.cookies import Cookie
from synnefo.serve.http.dispatch import Api
from synnefo.serve.http.faults import COMPUTE, IDENTITY, NETWORK, TEXT
from synnefo.serve.http.route import Route

__all__ = [
    "COMPUTE",
    "IDENTITY",
    "NETWORK",
    "TEXT",
    "Answer",
    "Api",
    "Call",
    "Caller",
    "Cookie",
    "Reply",
    "Route",
]
