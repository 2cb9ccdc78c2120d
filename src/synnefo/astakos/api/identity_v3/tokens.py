"""Getting, checking and revoking tokens. Spec: openstack-api 4.1, 4.2."""

from synnefo.astakos.api.identity_v3 import schemas, views
from synnefo.astakos.models import Project, Token, User
from synnefo.astakos.usecases import callers, catalogs, logins, projects, tokens
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound, Unauthorized
from synnefo.serve.http import Call, Reply

UNASKED = "Send a valid token in the X-Auth-Token header."
NO_SUBJECT = "Send the token that is meant in the X-Subject-Token header."
OUT_OF_SCOPE = "You have no such project, or it is not active. Leave the scope out for your own."


def create_token(call: Call, body: schemas.NewToken) -> Reply:
    """Sign in by password or token, for a project, for the default project or for none."""
    user, parent, methods = _identify(call, body.auth.identity)
    project = _scope(user, body.auth.scope)
    issued = tokens.issue(user, tokens.Wish(project, methods, parent))
    shown = views.of_token(issued.row, with_catalog="nocatalog" not in call.query)
    headers = {"X-Subject-Token": issued.id, "Vary": "X-Auth-Token"}
    return Reply(status=201, headers=headers, body=shown)


def _identify(
    call: Call, identity: schemas.IdentityRef
) -> tuple[User, Token | None, tuple[str, ...]]:
    known = {"password", "token"}
    if not identity.methods or set(identity.methods) - known:
        raise Unauthorized("Sign in by one of the methods password and token.")
    user, parent = None, None
    if "token" in identity.methods:
        if identity.token is None:
            raise BadRequest("The method token needs 'identity.token.id'.")
        parent = tokens.find(identity.token.id)
        user = parent.user
    if "password" in identity.methods:
        if identity.password is None:
            raise BadRequest("The method password needs 'identity.password.user'.")
        user = _by_password(call, identity.password.user)
    if user is None or (parent is not None and parent.user_id != user.pk):
        raise Unauthorized(logins.REFUSED)
    return user, parent, tuple(dict.fromkeys(identity.methods))


def _by_password(call: Call, given: schemas.UserRef) -> User:
    if given.domain is not None and not given.domain.check():
        raise Unauthorized(logins.REFUSED)
    name = given.id or given.name
    if not name:
        raise BadRequest("Name the user by 'id', or by 'name' and 'domain'.")
    return logins.by_password(name, given.password, call.address)


def _scope(user: User, scope: schemas.ScopeRef | str | None) -> Project | None:
    """Answer the project that a scope means; None for an unscoped token."""
    if scope is None:
        return projects.default_of(user)
    if isinstance(scope, str):
        if scope != "unscoped":
            raise BadRequest("The scope is an object, or the word unscoped.")
        return None
    if scope.unscoped is not None:
        return None
    if scope.project is None:
        raise Unauthorized("Tokens for domains and for the system are not given out here.")
    return _project(user, scope.project)


def _project(user: User, wanted: schemas.ProjectRef) -> Project:
    if wanted.domain is not None and not wanted.domain.check():
        raise Unauthorized(OUT_OF_SCOPE)
    for project in projects.of_user(user):
        names = {callers.project_name(project, user), project.realname}
        if wanted.id == project.uuid or (wanted.id is None and wanted.name in names):
            return project
    raise Unauthorized(OUT_OF_SCOPE)


def show_token(call: Call) -> Reply:
    """Tell whose a token is and what it is for; the holder, administrators and components ask."""
    subject = _subject(call)
    asker = call.headers.get("X-Auth-Token") or ""
    if not asker:
        raise Unauthorized(UNASKED)
    row = _seen_by(call, asker, subject)
    with_catalog = "nocatalog" not in call.query
    if isinstance(row, Token):
        shown = views.of_token(row, with_catalog=with_catalog)
    else:
        shown = views.of_component(row)
    return Reply(headers={"X-Subject-Token": subject, "Vary": "X-Auth-Token"}, body=shown)


def revoke_token(call: Call) -> None:
    """Make a token worthless now."""
    subject = _subject(call)
    row = tokens.find(call.who.token) if subject == call.who.token else _others(call, subject)
    if not isinstance(row, Token):
        raise Forbidden("A component's token is renewed by an operator, not revoked here.")
    tokens.revoke(row)


def _subject(call: Call) -> str:
    subject = call.headers.get("X-Subject-Token")
    if not subject:
        raise BadRequest(NO_SUBJECT)
    return subject


def _seen_by(call: Call, asker: str, subject: str) -> Token | str:
    """Find a token for who asks: its row, or the name of the component that holds it.

    A token that asks about itself, which is what services send, costs a single query.
    """
    if asker != subject:
        call.caller = callers.authenticate(asker)
        return _others(call, subject)
    component = catalogs.component_of(subject)
    if component is not None:
        return component
    try:
        return tokens.find(subject)
    except Unauthorized:
        return callers.authenticate(subject).user_name


def _others(call: Call, subject: str) -> Token | str:
    try:
        component = catalogs.component_of(subject)
        found = component if component is not None else tokens.find(subject)
    except Unauthorized as fault:
        raise ItemNotFound("There is no such token.") from fault
    who = call.who
    privileged = who.is_admin or who.is_service
    if not privileged and not (isinstance(found, Token) and found.user.uuid == who.user_id):
        raise ItemNotFound("There is no such token.")
    return found
