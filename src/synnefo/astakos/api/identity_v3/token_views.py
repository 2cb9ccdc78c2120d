"""From a token's row to the body that tells about it. Spec: openstack-api 4.1."""

import msgspec

from synnefo.astakos.api.identity_v3 import schemas, views
from synnefo.astakos.domain.roles import SERVICE, STANDING_ROLES
from synnefo.astakos.models import Token, User
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.usecases import callers, delegations, domains, groups
from synnefo.kit.clock import now, stamp_micro

_PLAIN = schemas.Domain()


def of_token(row: Token, *, with_catalog: bool) -> schemas.TokenBody:
    """Describe a user's token."""
    user = row.user
    view = schemas.TokenView(
        methods=row.methods.split(","),
        user=schemas.UserInToken(user.uuid, name_of(user), domain_of(user.domain_id)),
        audit_ids=[row.audit_id, *([row.parent_audit_id] if row.parent_audit_id else [])],
        expires_at=stamp_micro(row.expires_at) if row.expires_at else None,
        issued_at=stamp_micro(row.created_at),
    )
    if row.in_groups:
        view.groups = list(groups.names_of(user)) or msgspec.UNSET
    _add_scope(view, row, with_catalog=with_catalog)
    if row.application_credential_id is not None or row.trust_id is not None:
        _add_delegation(view, row)
    return schemas.TokenBody(view)


def of_component(name: str) -> schemas.TokenBody:
    """Describe a component's token."""
    role = STANDING_ROLES[SERVICE]
    view = schemas.TokenView(
        methods=["token"],
        user=schemas.UserInToken(f"component:{name}", name),
        audit_ids=[],
        expires_at=None,
        issued_at=stamp_micro(now()),
        roles=[schemas.RoleRef(role.id, role.name)],
    )
    return schemas.TokenBody(view)


def name_of(user: User) -> str:
    """Answer the name by which a user goes in Identity v3."""
    return user.name or user.username


def domain_of(domain_id: str) -> schemas.Domain:
    """Name a domain by id and name; that of nearly everybody costs no query."""
    if domain_id == DEFAULT:
        return _PLAIN
    return schemas.Domain(domain_id, domains.find(domain_id).name)


def _add_scope(view: schemas.TokenView, row: Token, *, with_catalog: bool) -> None:
    project = row.project
    if project is not None:
        name = callers.project_name(project, row.user)
        place = domain_of(project.domain_id)
        view.project = schemas.ProjectInToken(project.uuid, name, place)
        view.is_domain = False
    elif row.domain_id:
        view.domain = domain_of(row.domain_id)
    elif row.is_system:
        view.system = {"all": True}
    else:
        return
    view.roles = [schemas.RoleRef(role.id, role.name) for role in row.roles]
    if with_catalog:
        view.catalog = views.encoded_catalog(project.uuid if project is not None else "")


def _add_delegation(view: schemas.TokenView, row: Token) -> None:
    """Tell by whom and within which limits a token was handed on."""
    credential, trust = row.application_credential, row.trust
    if credential is not None:
        rules = delegations.rules_of(row)
        view.application_credential = schemas.CredentialInToken(
            id=credential.uuid,
            name=credential.name,
            restricted=not credential.unrestricted,
            access_rules=msgspec.UNSET if rules is None else list(rules),
        )
    if trust is not None:
        view.trust = schemas.TrustInToken(
            id=trust.uuid,
            impersonation=trust.impersonation,
            trustor_user=schemas.Reference(trust.trustor.uuid),
            trustee_user=schemas.Reference(trust.trustee.uuid),
        )
