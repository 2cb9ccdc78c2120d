"""From rows to the bodies of Identity v3."""

from synnefo.astakos.api.discovery import base_url
from synnefo.astakos.api.identity_v3 import schemas
from synnefo.astakos.domain import catalogs as catalog_forms
from synnefo.astakos.models import Project, User
from synnefo.astakos.models.projects import ProjectState
from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import callers, catalogs
from synnefo.kit import conf

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
