"""The token that a browser of a sibling service carries. Spec: identity 12.2, 19."""

from typing import Any
from urllib.parse import unquote


def get_token_from_cookie(request: Any, cookie_name: str) -> str | None:
    """Read the token out of the identity cookie of a Django request; None on any problem."""
    try:
        _, found, token = unquote(request.COOKIES[cookie_name]).rpartition("|")
    except (AttributeError, KeyError, TypeError):
        return None
    return token if found and token else None
