"""Who calls."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from synnefo.wire.access_rules import AccessRule


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
    domain_id: str = ""
    """The domain that the token is for, instead of a project."""
    is_system: bool = False
    """Whether the token is for the whole system, instead of a project."""
    audit_id: str = ""
    application_credential: str = ""
    """The application credential that the token was got by."""
    is_restricted: bool = False
    """Whether the token must not make or end credentials and trusts. Spec: openstack-api 4.3."""
    trust: str = ""
    """The trust that the token was got by."""
    access_rules: tuple[AccessRule, ...] | None = None
    """The only calls that the token may make; None for no such limit."""


Authenticate = Callable[[str], Caller]
"""Tell who holds a token; raises Unauthorized when nobody does."""
