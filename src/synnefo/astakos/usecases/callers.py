"""Who calls, told by Astakos itself: one indexed query for a user, none for a component.

Users are remembered for a few seconds, until something changes (`changes`).
"""

from typing import Any

from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import Project, Token, User
from synnefo.astakos.usecases import catalogs, delegations, groups, remembered, tokens
from synnefo.astakos.usecases.remembered import Kept
from synnefo.kit.faults import Forbidden, Unauthorized
from synnefo.serve.http.auth import Caller

ADMIN, MEMBER, READER, SERVICE = "admin", "member", "reader", "service"

_recent: Kept[Caller] = Kept(lambda settings: settings.astakos_token_cache_timeout, size=10_000)


def authenticate(token: str) -> Caller:
    """Tell who holds a token, user or component; Unauthorized when nobody does."""
    digest = digest_of(token)
    caller = _recent.get(digest)
    return caller if caller is not None else _asked(token, digest)


def _asked(token: str, digest: str) -> Caller:
    """Tell who holds a token that nobody sent lately."""
    component = catalogs.component_of(token)
    if component is not None:
        return of_component(component, token)
    mark = remembered.mark()
    try:
        row = tokens.find(token)
        caller = of_token(row, token)
        _recent.put(digest, caller, mark, row.expires_at)
        return caller
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
        is_admin=is_admin(row),
        roles=tuple(role.name for role in row.roles),
        groups=groups.names_of(user) if row.in_groups else (),
        token=token,
        expires=row.expires_at,
        domain_id=row.domain_id,
        is_system=row.is_system,
        audit_id=row.audit_id,
        **_delegation(row),
    )


def _delegation(row: Token) -> dict[str, Any]:
    """Tell what limits a token that somebody handed on; nothing for all others."""
    if row.trust_id is None and row.application_credential_id is None:
        return {}
    credential, trust = row.application_credential, row.trust
    return {
        "application_credential": credential.uuid if credential else "",
        "trust": trust.uuid if trust else "",
        "is_restricted": delegations.is_restricted(row),
        "access_rules": delegations.rules_of(row),
    }


def is_admin(row: Token) -> bool:
    """Tell whether a token is an administrator's.

    The role admin on a project or the system counts everywhere, as OpenStack's services take it;
    on a domain it counts in that domain alone.
    """
    if row.domain_id:
        return False
    if row.project is None and not row.is_system:
        return row.user.is_admin
    return any(role.name == ADMIN for role in row.roles)


def project_name(project: Project, user: User) -> str:
    """Answer the name under which a user sees a project; their own goes by their address."""
    return user.username if project.uuid == user.uuid else project.realname


def user_of(caller: Caller) -> User:
    """Answer the user behind a caller; a component is refused."""
    if caller.is_service:
        raise Unauthorized("This call needs a user's token; a component's was sent.")
    user = User.objects.select_related("default_project").get(uuid=caller.user_id)
    if caller.application_credential or caller.trust:
        user.acting = caller.roles
    return user


def component_name(caller: Caller) -> str:
    """Answer the component behind a caller; a user is refused. Spec: identity 1.1."""
    if not caller.is_service:
        raise Unauthorized("This call needs a component's token; a user's was sent.")
    return caller.user_name


def check_self_or_admin(caller: Caller, user_id: str) -> None:
    """Refuse a user who asks for somebody else's things."""
    if caller.user_id != user_id and not caller.is_admin:
        raise Forbidden("Only the user and administrators may see this.")
