"""Seats in projects that come with roles, and the quota that comes with seats."""

import pytest

from synnefo.astakos.models import DATABASE, Holding, ProjectMembership, User
from synnefo.astakos.models.projects import MembershipState
from synnefo.astakos.usecases import (
    assignments,
    grants,
    groups,
    identity_projects,
    identity_users,
    roles,
    scopes,
    tokens,
)
from synnefo.astakos.usecases.grants import Target
from synnefo.astakos.usecases.identity_projects import NewProject
from synnefo.astakos.usecases.identity_users import NewPerson
from synnefo.kit.faults import Forbidden, Unauthorized
from synnefo.wire.provisions import project_holder, user_holder
from tests.support.astakos import a_project, a_resource, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])


def role(name: str) -> "roles.Role":
    roles.ensure()
    return roles.Role.objects.get(name=name, domain_id="")


def seat(user: User, project: "identity_projects.Project") -> ProjectMembership | None:
    return ProjectMembership.objects.filter(person=user, project=project).first()


def limit(user: User, project: "identity_projects.Project") -> int | None:
    held = Holding.objects.filter(
        holder=user_holder(user.uuid), source=project_holder(project.uuid)
    ).first()
    return held.limit if held else None


def test_being_made_a_member_brings_a_seat_and_quota_at_once() -> None:
    a_resource(limit=5)
    user, project = a_user(), a_project(limit=7)
    grants.grant(role("member"), user, Target(project=project))
    assert limit(user, project) == 7
    grants.revoke(role("member"), user, Target(project=project))
    assert limit(user, project) == 0
    assert seat(user, project).state == MembershipState.REMOVED
    assert assignments.roles_of(user, project=project) == ()


def test_a_role_that_implies_member_brings_a_seat_that_goes_with_it() -> None:
    a_resource(limit=5)
    user, project = a_user(), a_project(limit=7)
    grants.grant(role("manager"), user, Target(project=project))
    assert (limit(user, project), seat(user, project).by_role) == (7, True)
    given = [one.name for one in grants.given(user, Target(project=project))]
    assert given == ["manager"]
    grants.revoke(role("manager"), user, Target(project=project))
    assert limit(user, project) == 0
    assert not assignments.projects_of(user).filter(pk=project.pk).exists()


def test_a_reader_has_no_quota_to_use() -> None:
    a_resource(limit=5)
    user, project = a_user(), a_project(limit=7)
    grants.grant(role("reader"), user, Target(project=project))
    issued = tokens.issue(user, tokens.Wish(project))
    assert [one.name for one in tokens.find(issued.id).roles] == ["reader"]
    assert limit(user, project) is None


def test_who_comes_by_a_group_gets_the_seat_with_the_first_token() -> None:
    a_resource(limit=5)
    user, project, group = a_user(), a_project(limit=7), groups.create("crew")
    grants.put_in_group(group, user)
    grants.grant(role("member"), group, Target(project=project))
    assert limit(user, project) is None
    issued = tokens.issue(user, tokens.Wish(project))
    assert (limit(user, project), seat(user, project).by_role) == (7, True)
    grants.take_out_of_group(group, user)
    assert limit(user, project) == 0
    with pytest.raises(Unauthorized):
        tokens.find(issued.id)


def test_a_seat_that_came_with_a_role_brings_no_role_itself() -> None:
    a_resource(limit=5)
    user, project, doctor = a_user(), a_project(limit=7), roles.create("doctor")
    roles.imply(doctor, role("member"))
    grants.grant(doctor, user, Target(project=project))
    issued = tokens.issue(user, tokens.Wish(project))
    assert {one.name for one in tokens.find(issued.id).roles} == {"doctor", "member", "reader"}
    roles.imply_no_more(doctor, role("member"))
    assert seat(user, project).by_role
    assert [one.name for one in tokens.find(issued.id).roles] == ["doctor"]
    roles.imply(doctor, role("member"))
    grants.imply_no_more(doctor, role("member"))
    assert (limit(user, project), seat(user, project).state) == (0, MembershipState.REMOVED)


def test_a_seat_stays_while_any_role_brings_it() -> None:
    a_resource(limit=5)
    user, project = a_user(), a_project(limit=7)
    target = Target(project=project)
    for name in ("member", "manager"):
        grants.grant(role(name), user, target)
    grants.revoke(role("member"), user, target)
    assert (limit(user, project), seat(user, project).by_role) == (7, True)
    assert {one.name for one in assignments.roles_of(user, project=project)} == {
        *("manager", "member", "reader"),
    }
    grants.revoke(role("manager"), user, target)
    assert limit(user, project) == 0


def test_a_role_on_a_domain_reaches_projects_made_later() -> None:
    a_resource(limit=5)
    user = a_user()
    grants.grant(role("member"), user, Target(domain_id="default", inherited=True))
    project = identity_projects.create(NewProject(name="later"))
    assert scopes.on_project(user, scopes.Place(uuid=project.uuid)).project == project
    tokens.issue(user, tokens.Wish(project))
    assert seat(user, project).by_role
    grants.revoke(role("member"), user, Target(domain_id="default", inherited=True))
    assert seat(user, project).state == MembershipState.REMOVED


def test_a_system_project_has_one_member() -> None:
    owner, user = a_user(), a_user()
    for name in ("member", "manager"):
        with pytest.raises(Forbidden):
            grants.grant(role(name), user, Target(project=owner.base_project))
    grants.grant(role("reader"), user, Target(project=owner.base_project))
    with pytest.raises(Forbidden):
        grants.revoke(role("member"), owner, Target(project=owner.base_project))


def test_who_is_an_operator_is_told_by_roles_on_the_system() -> None:
    flagged, direct, grouped, reader = a_user(admin=True), a_user(), a_user(), a_user()
    group = groups.create("operators")
    grants.put_in_group(group, grouped)
    system = Target(on_system=True)
    grants.grant(role("admin"), direct, system)
    grants.grant(role("admin"), group, system)
    grants.grant(role("reader"), reader, system)
    assert [roles.is_operator(user) for user in (flagged, direct, grouped, reader)] == [
        *(True, True, True, False),
    ]
    grants.revoke(role("admin"), flagged, system)
    assert not roles.is_operator(User.objects.get(pk=flagged.pk))


def test_nothing_is_left_of_the_roles_of_a_deleted_user() -> None:
    a_resource(limit=5)
    user = identity_users.create(NewPerson(name="ann"))
    project, group = a_project(limit=7), groups.create("crew")
    grants.put_in_group(group, user)
    grants.grant(role("member"), user, Target(project=project))
    grants.grant(role("admin"), user, Target(on_system=True))
    identity_users.update(user, {"password": "a password for tests"})
    assert user.auth_providers.count() == 1
    identity_users.delete(user)
    assert not user.auth_providers.exists()
    assert not group.members.exists()
    assert not roles.RoleAssignment.objects.filter(user=user).exists()
    assert limit(user, project) == 0


def test_names_of_groups_kept_by_older_clouds_become_groups() -> None:
    user = a_user()
    User.objects.filter(pk=user.pk).update(groups=["helpdesk", "staff"])
    assert groups.adopt() == 1
    assert groups.adopt() == 0
    assert groups.names_of(user) == ("helpdesk", "staff")
