"""People, components and resources for tests, with good defaults."""

import itertools

from synnefo.astakos.domain.definitions import ResourceDef
from synnefo.astakos.models import Component, Holding, Project, ProjectMembership, Resource, User
from synnefo.astakos.models.projects import MembershipState, ProjectState
from synnefo.astakos.usecases import catalogs, limits, registry, tokens, users
from synnefo.kit.clock import now
from synnefo.wire.provisions import project_holder, user_holder

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


def a_user(email: str = "", *, admin: bool = False, accepted: bool = True) -> User:
    """Make a person who can sign in with PASSWORD."""
    user = users.add(
        users.NewUser(
            email=email or f"user{next(_numbers)}@example.org",
            first_name="Ada",
            last_name="Example",
            password=PASSWORD,
            is_admin=admin,
        )
    )
    if accepted:
        users.verify(user)
        if not user.account.accepted:
            users.accept(user)
    return users.find(user.uuid)


def a_token(user: User) -> str:
    """Make a login token for a user's own project."""
    return tokens.issue(user, tokens.Wish(user.default_project)).id


def a_component(name: str = "cyclades") -> tuple[Component, str]:
    """Register a component and answer its token."""
    return registry.add_component(name, base_url=f"http://127.0.0.1:8000/{name}")


def a_resource(name: str = "cyclades.vm", *, limit: int = 5) -> Resource:
    """Register a resource with a limit for system projects."""
    registry.import_resources(
        [
            ResourceDef(
                name=name,
                service_type="compute",
                service_origin="cyclades_compute",
                system_default=limit,
            )
        ]
    )
    catalogs.forget()
    return Resource.objects.get(name=name)


def a_project(*members: User, name: str = "", limit: int = 10) -> Project:
    """Make a normal project in which everybody named is an accepted member."""
    project = Project.objects.create(
        realname=name or f"project{next(_numbers)}.example.org",
        state=ProjectState.NORMAL,
        end_date=now().replace(year=2100),
    )
    for member in members:
        ProjectMembership.objects.create(
            person=member, project=project, state=MembershipState.ACCEPTED, initialized=True
        )
    limits.fill_grants([project], Resource.objects.all())
    project.grants.update(project_capacity=limit, member_capacity=limit)
    limits.sync([project])
    return project


def usage(user: User, resource: str, project: Project | None = None) -> tuple[int, int]:
    """Answer a member's least and most usage; checks that the project's own agrees."""
    place = project.uuid if project else user.uuid
    mine = Holding.objects.get(
        holder=user_holder(user.uuid), source=project_holder(place), resource=resource
    )
    whole = Holding.objects.get(holder=project_holder(place), source="", resource=resource)
    assert mine.usage_max <= whole.usage_max
    return mine.usage_min, mine.usage_max
