"""The body of `POST /auth/tokens`. Spec: openstack-api 4.1."""

from typing import Any

import msgspec

from synnefo.astakos.usecases.application_credentials import Claim
from synnefo.astakos.usecases.proofs import Evidence, Person, user_of
from synnefo.astakos.usecases.scopes import Place
from synnefo.astakos.usecases.sign_ins import Target
from synnefo.kit.faults import BadRequest


class DomainRef(msgspec.Struct):
    """A domain by id or name."""

    id: str | None = None
    name: str | None = None

    def place(self) -> Place:
        """Answer the domain as a place."""
        return Place(uuid=self.id or "", name=self.name or "")


class UserRef(msgspec.Struct):
    """A user who signs in, with what they know."""

    id: str | None = None
    name: str | None = None
    domain: DomainRef | None = None
    password: str = ""
    passcode: str = ""

    def person(self, secret: str) -> Person:
        """Answer the user as a person who knows a secret."""
        domain = self.domain.place() if self.domain is not None else None
        return Person(self.id or "", self.name or "", domain, secret)


class UserMethod(msgspec.Struct):
    """Signing in by something that a user knows."""

    user: UserRef


class TokenMethod(msgspec.Struct):
    """Signing in by a token that one has."""

    id: str


class ApplicationMethod(msgspec.Struct):
    """Signing in by an application credential: by id, or by name and user."""

    secret: str
    id: str | None = None
    name: str | None = None
    user: UserRef | None = None

    def claim(self) -> Claim:
        """Answer what is claimed."""
        if not self.id and not (self.name and self.user):
            raise BadRequest("Name the application credential by 'id', or by 'name' and 'user'.")
        owner = user_of(self.user.person("")) if self.user is not None else None
        return Claim(secret=self.secret, uuid=self.id or "", name=self.name or "", owner=owner)


class IdentityRef(msgspec.Struct):
    """How somebody signs in."""

    methods: list[str]
    password: UserMethod | None = None
    totp: UserMethod | None = None
    token: TokenMethod | None = None
    application_credential: ApplicationMethod | None = None

    def evidence(self, *, receipt: str, address: str) -> Evidence:
        """Answer all that is shown."""
        application = self.application_credential
        password = None if self.password is None else self.password.user
        totp = None if self.totp is None else self.totp.user
        return Evidence(
            methods=tuple(dict.fromkeys(self.methods)),
            password=None if password is None else password.person(password.password),
            totp=None if totp is None else totp.person(totp.passcode),
            token=None if self.token is None else self.token.id,
            application=application.claim() if application is not None else None,
            receipt=receipt,
            address=address,
        )


class ProjectRef(msgspec.Struct):
    """A project by id, or by name within its domain."""

    id: str | None = None
    name: str | None = None
    domain: DomainRef | None = None

    def place(self) -> Place:
        """Answer the project as a place."""
        domain = self.domain or DomainRef()
        return Place(self.id or "", self.name or "", domain.id or "", domain.name or "")


class TrustRef(msgspec.Struct):
    """A trust by its id."""

    id: str


class ScopeRef(msgspec.Struct):
    """What a token should be for."""

    project: ProjectRef | None = None
    domain: DomainRef | None = None
    system: dict[str, Any] | None = None
    unscoped: dict[str, Any] | None = None
    trust: TrustRef | None = msgspec.field(name="OS-TRUST:trust", default=None)

    def target(self) -> Target:
        """Answer what is wanted; BadRequest for more than one thing."""
        named = (self.project, self.domain, self.system, self.unscoped, self.trust)
        if sum(part is not None for part in named) > 1:
            raise BadRequest("A token is for one thing: name one of them in 'scope'.")
        if self.system is not None and self.system != {"all": True}:
            raise BadRequest("The scope of the system is written as {'system': {'all': true}}.")
        return Target(
            project=None if self.project is None else self.project.place(),
            domain=None if self.domain is None else self.domain.place(),
            is_system=self.system is not None,
            is_unscoped=self.unscoped is not None,
            trust=self.trust.id if self.trust is not None else "",
        )


class AuthRef(msgspec.Struct):
    """Who signs in and for what."""

    identity: IdentityRef
    scope: ScopeRef | str | None = None

    def target(self) -> Target:
        """Answer what is wanted; an open target when nothing is said."""
        if self.scope is None:
            return Target()
        if isinstance(self.scope, str):
            if self.scope != "unscoped":
                raise BadRequest("The scope is an object, or the word unscoped.")
            return Target(is_unscoped=True)
        return self.scope.target()


class NewToken(msgspec.Struct):
    """The body of `POST /auth/tokens`."""

    auth: AuthRef


class ReceiptUser(msgspec.Struct):
    """Who is half signed in."""

    id: str
    name: str
    domain: dict[str, str]


class ReceiptView(msgspec.Struct):
    """A sign-in that lacks a method still."""

    methods: list[str]
    user: ReceiptUser
    expires_at: str
    issued_at: str


class ReceiptBody(msgspec.Struct):
    """What is lacking, when a second factor is."""

    receipt: ReceiptView
    required_auth_methods: list[list[str]]
