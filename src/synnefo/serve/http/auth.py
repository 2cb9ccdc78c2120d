"""Who calls."""

from collections.abc import Callable
from datetime import datetime

import msgspec


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The person or service behind a token, as far as an API needs to know."""

    user_id: str
    user_name: str = ""
    project_id: str = ""
    project_name: str = ""
    is_admin: bool = False
    is_service: bool = False
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    token: str = ""
    expires: datetime | None = None


Authenticate = Callable[[str], Caller]
"""Tell who holds a token; raises Unauthorized when nobody does."""
