"""Who calls, told by Astakos itself: one indexed query for a user, none for a component."""

from synnefo.astakos.models import Project, Token, User
from synnefo.astakos.usecases import catalogs, tokens
from synnefo.kit.faults import Forbidden, Unauthorized
from synnefo.serve.http.auth import Caller

ADMIN, MEMBER, READER, SERVICE = "admin", "member", "reader", "service"


def authenticate(token: str) -> Caller:
    """Tell who holds a token, user or component; Unauthorized when nobody does."""
    component = catalogs.component_of(token)
    if component is not None:
        return of_component(component, token)
    try:
        return of_token(tokens.find(token), token)
    except Unauthorized:
        catalogs.forget_components()
        component = catalogs.component_of(token)
        if component is None:
            raise
        return of_component(component, token)


def of_component(name: str, token: str) -> Caller:
    """Describe a component as a caller."""
    return Caller(
        user_id=f"component:{name}",
        user_name=name,
        is_service=True,
        roles=(SERVICE,),
        token=token,
    )


def of_token(row: Token, token: str) -> Caller:
    """Describe the holder of a user's token as a caller."""
    user, project = row.user, row.project
    return Caller(
        user_id=user.uuid,
        user_name=user.username,
        project_id=project.uuid if project else "",
        project_name=project_name(project, user) if project else "",
        is_admin=user.is_admin,
        roles=roles_of(user) if project else (),
        groups=tuple(user.groups),
        token=token,
        expires=row.expires_at,
    )


def roles_of(user: User) -> tuple[str, ...]:
    """List the roles that a user has in any of their projects."""
    return (ADMIN, MEMBER, READER) if user.is_admin else (MEMBER, READER)


def project_name(project: Project, user: User) -> str:
    """Answer the name under which a user sees a project; their own goes by their address."""
    return user.username if project.uuid == user.uuid else project.realname


def user_of(caller: Caller) -> User:
    """Answer the user behind a caller; a component is refused."""
    if caller.is_service:
        raise Unauthorized("This call needs a user's token; a component's was sent.")
    return User.objects.select_related("default_project").get(uuid=caller.user_id)


def component_name(caller: Caller) -> str:
    """Answer the component behind a caller; a user is refused. Spec: identity 1.1."""
    if not caller.is_service:
        raise Unauthorized("This call needs a component's token; a user's was sent.")
    return caller.user_name


def check_self_or_admin(caller: Caller, user_id: str) -> None:
    """Refuse a user who asks for somebody else's things."""
    if caller.user_id != user_id and not caller.is_admin:
        raise Forbidden("Only the user and administrators may see this.")
