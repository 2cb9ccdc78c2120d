"""Bodies of Identity v3. Spec: openstack-api 4."""

from typing import Any

import msgspec

from synnefo.astakos.domain.catalogs import V3Service

DOMAIN_ID = "default"
DOMAIN_NAME = "Default"


class DomainRef(msgspec.Struct, omit_defaults=True):
    """A domain by id or name; there is one."""

    id: str | None = None
    name: str | None = None

    def check(self) -> bool:
        """Tell whether this names the one domain that there is."""
        return self.id in {None, DOMAIN_ID} and (self.name or DOMAIN_NAME).lower() == "default"


class UserRef(msgspec.Struct):
    """A user who signs in."""

    id: str | None = None
    name: str | None = None
    domain: DomainRef | None = None
    password: str = ""


class PasswordMethod(msgspec.Struct):
    """Signing in by password."""

    user: UserRef


class TokenMethod(msgspec.Struct):
    """Signing in by a token that one has."""

    id: str


class IdentityRef(msgspec.Struct):
    """How somebody signs in."""

    methods: list[str]
    password: PasswordMethod | None = None
    token: TokenMethod | None = None


class ProjectRef(msgspec.Struct):
    """A project by id, or by name within its domain."""

    id: str | None = None
    name: str | None = None
    domain: DomainRef | None = None


class ScopeRef(msgspec.Struct):
    """What a token should be for."""

    project: ProjectRef | None = None
    domain: DomainRef | None = None
    system: dict[str, Any] | None = None
    unscoped: dict[str, Any] | None = None


class AuthRef(msgspec.Struct):
    """Who signs in and for what."""

    identity: IdentityRef
    scope: ScopeRef | str | None = None


class NewToken(msgspec.Struct):
    """The body of `POST /auth/tokens`."""

    auth: AuthRef


class Domain(msgspec.Struct):
    """The domain of everything here."""

    id: str = DOMAIN_ID
    name: str = DOMAIN_NAME


class UserInToken(msgspec.Struct):
    """Who holds a token."""

    id: str
    name: str
    domain: Domain = msgspec.field(default_factory=Domain)
    password_expires_at: str | None = None


class ProjectInToken(msgspec.Struct):
    """What a token is for."""

    id: str
    name: str
    domain: Domain = msgspec.field(default_factory=Domain)


class RoleRef(msgspec.Struct):
    """A role by id and name."""

    id: str
    name: str


class TokenView(msgspec.Struct, kw_only=True):
    """A token as its holder and the services see it."""

    methods: list[str]
    user: UserInToken
    audit_ids: list[str]
    expires_at: str | None
    issued_at: str
    is_domain: bool | msgspec.UnsetType = msgspec.UNSET
    project: ProjectInToken | msgspec.UnsetType = msgspec.UNSET
    roles: list[RoleRef] | msgspec.UnsetType = msgspec.UNSET
    catalog: list[V3Service] | msgspec.UnsetType = msgspec.UNSET
    groups: list[str] | msgspec.UnsetType = msgspec.field(name="SNF:groups", default=msgspec.UNSET)


class TokenBody(msgspec.Struct):
    """The body that tells about a token."""

    token: TokenView


class Links(msgspec.Struct):
    """Where a list is; there is one page."""

    self: str
    previous: str | None = None
    next: str | None = None


class SelfLink(msgspec.Struct):
    """Where a thing is."""

    self: str


class UserView(msgspec.Struct, kw_only=True):
    """A user."""

    id: str
    name: str
    email: str
    enabled: bool
    default_project_id: str | None
    links: SelfLink
    domain_id: str = DOMAIN_ID
    description: str = ""
    password_expires_at: str | None = None
    options: dict[str, str] = {}


class ProjectView(msgspec.Struct, kw_only=True):
    """A project."""

    id: str
    name: str
    description: str
    enabled: bool
    links: SelfLink
    domain_id: str = DOMAIN_ID
    parent_id: str = DOMAIN_ID
    is_domain: bool = False
    tags: list[str] = []
    options: dict[str, str] = {}


class DomainView(msgspec.Struct, kw_only=True):
    """A domain."""

    links: SelfLink
    id: str = DOMAIN_ID
    name: str = DOMAIN_NAME
    description: str = "The domain of all users and projects."
    enabled: bool = True
    tags: list[str] = []
    options: dict[str, str] = {}


class RoleView(msgspec.Struct, kw_only=True):
    """A role."""

    id: str
    name: str
    links: SelfLink
    domain_id: str | None = None
    description: str = ""
    options: dict[str, str] = {}


class PasswordChange(msgspec.Struct):
    """An old password and the one to take its place."""

    original_password: str
    password: str


class PasswordChangeBody(msgspec.Struct):
    """The body of `POST /users/{id}/password`."""

    user: PasswordChange
