"""Bodies of Identity v3. Spec: openstack-api 4."""

import msgspec

from synnefo.wire.access_rules import AccessRule

DOMAIN_ID = "default"
DOMAIN_NAME = "Default"


class DomainRef(msgspec.Struct, omit_defaults=True):
    """A domain by id or name; there is one."""

    id: str | None = None
    name: str | None = None

    def check(self) -> bool:
        """Tell whether this names the one domain that there is."""
        return self.id in {None, DOMAIN_ID} and (self.name or DOMAIN_NAME).lower() == "default"


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


class Reference(msgspec.Struct):
    """A thing by its id."""

    id: str


class CredentialInToken(msgspec.Struct, kw_only=True):
    """The application credential that a token was got by."""

    id: str
    name: str
    restricted: bool
    access_rules: list[AccessRule] | msgspec.UnsetType = msgspec.UNSET


class TrustInToken(msgspec.Struct):
    """The trust that a token was got by."""

    id: str
    impersonation: bool
    trustor_user: Reference
    trustee_user: Reference


class TokenView(msgspec.Struct, kw_only=True):
    """A token as its holder and the services see it."""

    methods: list[str]
    user: UserInToken
    audit_ids: list[str]
    expires_at: str | None
    issued_at: str
    is_domain: bool | msgspec.UnsetType = msgspec.UNSET
    project: ProjectInToken | msgspec.UnsetType = msgspec.UNSET
    domain: Domain | msgspec.UnsetType = msgspec.UNSET
    system: dict[str, bool] | msgspec.UnsetType = msgspec.UNSET
    application_credential: CredentialInToken | msgspec.UnsetType = msgspec.UNSET
    trust: TrustInToken | msgspec.UnsetType = msgspec.field(
        name="OS-TRUST:trust", default=msgspec.UNSET
    )
    roles: list[RoleRef] | msgspec.UnsetType = msgspec.UNSET
    catalog: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    """A list of services, written already."""
    groups: list[str] | msgspec.UnsetType = msgspec.field(name="SNF:groups", default=msgspec.UNSET)


class TokenBody(msgspec.Struct):
    """The body that tells about a token."""

    token: TokenView
