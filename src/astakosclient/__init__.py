"""The client library of the identity service in the shape that programs have known for years.

New code in this tree uses `synnefo.clients.astakos`. Spec: identity 19.
"""

from astakosclient.client import AstakosClient
from astakosclient.cookies import get_token_from_cookie
from astakosclient.endpoints import parse_endpoints
from astakosclient.errors import (
    AstakosClientException,
    BadRequest,
    BadValue,
    ConnectionError,
    Forbidden,
    InvalidResponse,
    NoEndpoints,
    NotFound,
    NoUserName,
    NoUUID,
    QuotaLimit,
    Unauthorized,
)

__version__ = "0.1.0"

__all__ = [
    "AstakosClient",
    "AstakosClientException",
    "BadRequest",
    "BadValue",
    "ConnectionError",
    "Forbidden",
    "InvalidResponse",
    "NoEndpoints",
    "NoUUID",
    "NoUserName",
    "NotFound",
    "QuotaLimit",
    "Unauthorized",
    "get_token_from_cookie",
    "parse_endpoints",
]
