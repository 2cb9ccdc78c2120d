"""`POST /tokens` in its three modes, tenants, endpoints. Spec: identity 6, openstack-api 5."""

from contextlib import suppress
from datetime import datetime

import msgspec

from synnefo.astakos.api.bodies import decode
from synnefo.astakos.domain import catalogs as catalog_forms
from synnefo.astakos.models import OAuthToken, Project, Token, User
from synnefo.astakos.usecases import (
    callers,
    catalogs,
    delegations,
    groups,
    logins,
    oauth,
    projects,
    second_factors,
    tokens,
)
from synnefo.kit.faults import BadRequest, ItemNotFound, Unauthorized
from synnefo.kit.ids import is_uuid
from synnefo.serve.http import Call

NO_RULES = "Identity v2.0 knows no access rules. Use version 3 with this token."
NO_FACTORS = (
    "This account asks for a second factor, which Identity v2.0 does not know. Use version 3, or "
    "an application credential."
)


class TokenRef(msgspec.Struct):
    """A token to sign in with."""

    id: str | None = None


class PasswordCredentials(msgspec.Struct):
    """A uuid and a token, or a user name and a password."""

    username: str
    password: str


class Auth(msgspec.Struct, rename="camel"):
    """How somebody signs in, and for which project."""

    token: TokenRef | None = None
    password_credentials: PasswordCredentials | None = None
    tenant_name: str | None = None
    tenant_id: str | None = None


class AuthBody(msgspec.Struct):
    """The body of `POST /tokens`."""

    auth: Auth


class Named(msgspec.Struct):
    """A thing by id and name."""

    id: str
    name: str


class TokenView(msgspec.Struct):
    """The token in an access body."""

    id: str
    expires: datetime | None
    tenant: Named | None


class UserView(msgspec.Struct):
    """The user in an access body."""

    id: str
    name: str
    roles: list[Named]
    roles_links: list[str]
    projects: list[str]


class Access(msgspec.Struct, rename={"service_catalog": "serviceCatalog"}, omit_defaults=True):
    """Who signed in, and what there is."""

    service_catalog: list[catalog_forms.V2Service]
    token: TokenView | None = None
    user: UserView | None = None


class AccessBody(msgspec.Struct):
    """The answer of `POST /tokens`."""

    access: Access


class Tenant(msgspec.Struct):
    """A project as Identity v2.0 shows it."""

    id: str
    name: str
    description: str
    enabled: bool = True


class Tenants(msgspec.Struct):
    """The projects that a token's holder may work in."""

    tenants: list[Tenant]
    tenants_links: list[str]


class EndpointView(msgspec.Struct, rename="camel"):
    """One address of a service, flat."""

    id: str
    name: str
    type: str
    region: str
    public_url: str = msgspec.field(name="publicURL")
    internal_url: str = msgspec.field(name="internalURL")
    admin_url: str = msgspec.field(name="adminURL")


class Endpoints(msgspec.Struct):
    """The addresses that a token's holder may use."""

    endpoints: list[EndpointView]
    endpoints_links: list[str]


def create_token(call: Call) -> AccessBody:
    """Sign in by a token, or by a name and a password; without a body show the catalogue."""
    data = call.read_all()
    if not data:
        return AccessBody(Access(catalog_forms.v2(catalogs.entries())))
    auth = decode(data, AuthBody).auth
    if auth.token is not None:
        if auth.token.id is None:
            raise BadRequest("The token is null. Send its text in 'id'.")
        return _by_token(auth, auth.token.id, None)
    if auth.password_credentials is not None:
        return _by_credentials(call, auth, auth.password_credentials)
    raise BadRequest("Send 'token' or 'passwordCredentials' in 'auth'.")


def _by_token(auth: Auth, token: str, uuid: str | None) -> AccessBody:
    row = tokens.find(token)
    if delegations.rules_of(row) is not None:
        raise Unauthorized(NO_RULES)
    if uuid is not None and uuid != row.user.uuid:
        raise Unauthorized("The token is not of this user.")
    wanted = auth.tenant_id or auth.tenant_name
    if wanted and wanted not in {row.user.uuid, row.user.username}:
        return _scoped(row.user, wanted, parent=row)
    return _access(row, token)


def _by_credentials(call: Call, auth: Auth, given: PasswordCredentials) -> AccessBody:
    """Take a uuid with its token as the password, else a real name and password."""
    if is_uuid(given.username):
        try:
            return _by_token(auth, given.password, given.username)
        except Unauthorized:
            if len(given.password) >= 43:
                raise
    user = logins.by_password(given.username, given.password, call.address)
    tokens.check_signed(user)
    if second_factors.is_on(user) or second_factors.is_required(user):
        raise Unauthorized(NO_FACTORS)
    return _scoped(user, auth.tenant_id or auth.tenant_name)


def _scoped(user: User, wanted: str | None, parent: Token | None = None) -> AccessBody:
    """Make a token for a project by id or name; the default one when none is named."""
    mine = projects.of_user(user)
    named = [p for p in mine if wanted in {p.uuid, callers.project_name(p, user)}]
    if wanted and not named:
        raise BadRequest(f"You have no project '{wanted}'. Leave tenantName out for your own.")
    project: Project | None = named[0] if named else projects.default_of(user)
    methods = ("password",) if parent is None else ("token",)
    issued = tokens.issue(user, tokens.Wish(project, methods, parent))
    return _access(issued.row, issued.id)


def _access(row: Token, token: str) -> AccessBody:
    user, project = row.user, row.project
    roles = [*(role.name for role in row.roles), *groups.names_of(user)]
    tenant = Named(project.uuid, user.realname or user.username) if project else None
    if project is not None and project.uuid != user.uuid:
        tenant = Named(project.uuid, project.realname)
    view = UserView(
        id=user.uuid,
        name=user.realname or user.username,
        roles=[Named(catalog_forms.stable_id("role", name), name) for name in roles],
        roles_links=[],
        projects=[found.uuid for found in projects.of_user(user)],
    )
    catalog = catalog_forms.v2(catalogs.entries())
    return AccessBody(Access(catalog, TokenView(token, row.expires_at, tenant), view))


def show_token(call: Call, token_id: str) -> AccessBody:
    """Tell whose a token is: a client's, for who knows it; else the asker's own, or any token
    for administrators and components. `belongsTo` is what the client wants. Spec: identity 6.3."""
    with suppress(ItemNotFound):
        return _of_client(oauth.validate(token_id, call.arg("belongsTo")), token_id)
    if call.caller is None:
        raise ItemNotFound("There is no such token.")
    row = tokens.find(call.who.token) if token_id == call.who.token else _others(call, token_id)
    found = _access(row, token_id)
    found.access.service_catalog = []
    return found


def _of_client(row: OAuthToken, token: str) -> AccessBody:
    """Describe the access token of an OAuth client."""
    user, project = row.user, row.user.default_project
    name = user.realname or user.username
    place = Named(project.uuid, callers.project_name(project, user)) if project else None
    roles = [Named(catalog_forms.stable_id("role", each), each) for each in groups.names_of(user)]
    view = UserView(user.uuid, name, roles, [], [])
    return AccessBody(Access([], TokenView(token, row.expires_at, place), view))


def _others(call: Call, token_id: str) -> Token:
    if not (call.who.is_admin or call.who.is_service):
        raise ItemNotFound("There is no such token.")
    try:
        return tokens.find(token_id)
    except Unauthorized as fault:
        raise ItemNotFound("There is no such token.") from fault


def list_endpoints(call: Call, token_id: str) -> Endpoints:
    """List the addresses that the holder of a token may use."""
    if token_id != call.who.token:
        _others(call, token_id)
    return Endpoints(
        [
            EndpointView(
                id=data["id"],
                name=service.name,
                type=service.type,
                region=data["region"],
                public_url=data["publicURL"],
                internal_url=data["internalURL"],
                admin_url=data["adminURL"],
            )
            for service in catalog_forms.v2(catalogs.entries())
            for data in service.endpoints
        ],
        [],
    )


def list_tenants(call: Call) -> Tenants:
    """List the projects that the caller may work in, the default one first."""
    user = callers.user_of(call.who)
    wanted = call.arg("name")
    found = [
        Tenant(project.uuid, callers.project_name(project, user), project.description)
        for project in projects.of_user(user)
    ]
    return Tenants([tenant for tenant in found if wanted in {None, tenant.name}], [])
