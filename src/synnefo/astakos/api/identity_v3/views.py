"""From rows to the bodies of Identity v3."""

import msgspec

from synnefo.astakos.api.discovery import base_url
from synnefo.astakos.api.identity_v3 import schemas
from synnefo.astakos.domain import catalogs as catalog_forms
from synnefo.astakos.models import Project, Token, User
from synnefo.astakos.models.projects import ProjectState
from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import callers, catalogs, groups
from synnefo.kit import conf
from synnefo.kit.clock import now, stamp_micro

ROLES = (callers.ADMIN, callers.MEMBER, callers.READER, callers.SERVICE)


def address(path: str) -> str:
    """Answer the public address of something below Identity v3."""
    return f"{base_url()}/identity/v3{path}"


def role(name: str) -> schemas.RoleRef:
    """Name a role as tokens do."""
    return schemas.RoleRef(catalog_forms.stable_id("role", name), name)


def catalog_for(project_id: str) -> list[catalog_forms.V3Service]:
    """Make the catalogue for a project."""
    region = conf.of(AstakosSettings).astakos_region
    return catalog_forms.v3(catalogs.entries(), region=region, project_id=project_id)


def of_token(row: Token, *, with_catalog: bool) -> schemas.TokenBody:
    """Describe a user's token."""
    user, project = row.user, row.project
    view = schemas.TokenView(
        methods=row.methods.split(","),
        user=schemas.UserInToken(user.uuid, user.username),
        audit_ids=[row.audit_id, *([row.parent_audit_id] if row.parent_audit_id else [])],
        expires_at=stamp_micro(row.expires_at) if row.expires_at else None,
        issued_at=stamp_micro(row.created_at),
    )
    if row.in_groups:
        view.groups = list(groups.names_of(user)) or msgspec.UNSET
    if project is not None:
        name = callers.project_name(project, user)
        view.project = schemas.ProjectInToken(project.uuid, name)
        view.is_domain = False
        view.roles = [schemas.RoleRef(role.id, role.name) for role in row.roles]
        if with_catalog:
            view.catalog = catalog_for(project.uuid)
    return schemas.TokenBody(view)


def of_component(name: str) -> schemas.TokenBody:
    """Describe a component's token."""
    view = schemas.TokenView(
        methods=["token"],
        user=schemas.UserInToken(f"component:{name}", name),
        audit_ids=[],
        expires_at=None,
        issued_at=stamp_micro(now()),
        roles=[role(callers.SERVICE)],
    )
    return schemas.TokenBody(view)


def of_user(user: User) -> schemas.UserView:
    """Describe a user."""
    default = user.default_project
    return schemas.UserView(
        id=user.uuid,
        name=user.username,
        email=user.email,
        enabled=user.is_active,
        description=user.realname,
        default_project_id=default.uuid if default else None,
        links=schemas.SelfLink(address(f"/users/{user.uuid}")),
    )


def of_project(project: Project) -> schemas.ProjectView:
    """Describe a project."""
    return schemas.ProjectView(
        id=project.uuid,
        name=project.display_name,
        description=project.description,
        enabled=project.state == ProjectState.NORMAL,
        links=schemas.SelfLink(address(f"/projects/{project.uuid}")),
    )


def of_role(name: str) -> schemas.RoleView:
    """Describe a role."""
    ref = role(name)
    return schemas.RoleView(
        id=ref.id, name=name, links=schemas.SelfLink(address(f"/roles/{ref.id}"))
    )


def domain() -> schemas.DomainView:
    """Describe the one domain."""
    return schemas.DomainView(links=schemas.SelfLink(address(f"/domains/{schemas.DOMAIN_ID}")))
