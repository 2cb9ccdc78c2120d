"""Who has which roles where, listed: as given, or as they come to. Spec: openstack-api 4.4."""

from collections.abc import Iterable, Iterator

import msgspec
from django.db.models import Q, QuerySet

from synnefo.astakos.domain import roles as rules
from synnefo.astakos.models import Group, Project, ProjectMembership, Role, RoleAssignment, User
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, ALIVE
from synnefo.astakos.usecases import assignments, roles


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which assignments to list; what is None is not asked for."""

    user: User | None = None
    group: Group | None = None
    role: Role | None = None
    project: Project | None = None
    with_subtree: bool = False
    domain_id: str = ""
    on_system: bool = False
    inherited: bool = False
    effective: bool = False

    def projects(self) -> set[int] | None:
        """List the projects that are asked for, with those below if wanted."""
        if self.project is None:
            return None
        below = assignments.below({self.project.pk}) if self.with_subtree else set()
        return {self.project.pk, *below}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One role of one user or group on one thing, and where it comes from."""

    role: Role
    user: User | None = None
    group: Group | None = None
    project: Project | None = None
    domain_id: str = ""
    on_system: bool = False
    inherited: bool = False
    via_group: Group | None = None
    prior: Role | None = None
    source_domain: str = ""
    source_project: Project | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Answer what makes two lines say the same."""
        who = (self.user and self.user.pk, self.group and self.group.pk)
        place = (self.project and self.project.pk, self.domain_id, self.on_system, self.inherited)
        return (self.role.pk, *who, *place)


def listed(wanted: Wanted) -> list[Line]:
    """List what was given, or with `effective` what everybody has by it."""
    if not wanted.effective:
        return [line for line in _given(wanted) if _fits(line, wanted)]
    lines = {line.key: line for line in _effective(wanted) if _fits(line, wanted)}
    return list(lines.values())


def _given(wanted: Wanted) -> Iterator[Line]:
    for row in _rows(wanted):
        yield _line(row)
    yield from _of_memberships(wanted)
    yield from _of_administrators(wanted)


def _rows(wanted: Wanted) -> "QuerySet[RoleAssignment]":
    found = RoleAssignment.objects.select_related("role", "user", "group", "project")
    if wanted.user is not None:
        found = found.filter(user=wanted.user)
    if wanted.group is not None:
        found = found.filter(group=wanted.group)
    projects = wanted.projects()
    if projects is not None:
        found = found.filter(project__in=projects)
    if wanted.domain_id:
        found = found.filter(domain_id=wanted.domain_id)
    return found.order_by("pk")


def _line(row: RoleAssignment) -> Line:
    return Line(
        role=row.role,
        user=row.user,
        group=row.group,
        project=row.project,
        domain_id=row.domain_id,
        on_system=row.on_system,
        inherited=row.inherited,
    )


def _of_memberships(wanted: Wanted) -> Iterator[Line]:
    """Tell memberships as the role `member`."""
    if wanted.group is not None or wanted.domain_id or wanted.on_system or wanted.inherited:
        return
    seats = ProjectMembership.objects.filter(
        state__in=ACTUALLY_ACCEPTED, by_role=False, project__state__in=ALIVE
    ).filter(person__deleted_at=None)
    if wanted.user is not None:
        seats = seats.filter(person=wanted.user)
    projects = wanted.projects()
    if projects is not None:
        seats = seats.filter(project__in=projects)
    member = roles.find(rules.STANDING[rules.MEMBER])
    for seat in seats.select_related("person", "project__system_user").order_by("pk"):
        yield Line(role=member, user=seat.person, project=seat.project)


def _of_administrators(wanted: Wanted) -> Iterator[Line]:
    """Tell administrators as who has the role `admin` on the system."""
    if wanted.group is not None or wanted.domain_id or wanted.project is not None:
        return
    found = User.objects.filter(is_admin=True, deleted_at=None, email_verified=True)
    if wanted.user is not None:
        found = found.filter(pk=wanted.user.pk)
    admin = roles.find(rules.STANDING[rules.ADMIN])
    for user in found.order_by("pk"):
        yield Line(role=admin, user=user, on_system=True)


def _effective(wanted: Wanted) -> Iterator[Line]:
    """Spread groups over their members, inheritance over projects, roles over what they imply."""
    known = roles.book()
    all_roles = {role.pk: role for role in Role.objects.all()}
    for line in _sources(wanted):
        for placed in _placed(line, wanted):
            for person in _people(placed, wanted):
                yield from _implied(person, known, all_roles)


def _sources(wanted: Wanted) -> Iterator[Line]:
    rows = RoleAssignment.objects.select_related("role", "user", "group", "project")
    if wanted.user is not None:
        mine = Q(user=wanted.user) | Q(group__seats__user=wanted.user)
        rows = rows.filter(mine)
    for row in rows.order_by("pk").distinct():
        yield _line(row)
    yield from _of_memberships(wanted)
    yield from _of_administrators(wanted)
    if wanted.project is not None:
        yield from _administrators_in(wanted)


def _administrators_in(wanted: Wanted) -> Iterator[Line]:
    """Tell that administrators have `admin` on the projects that they are members of."""
    admin = roles.find(rules.STANDING[rules.ADMIN])
    for line in _of_memberships(wanted):
        if line.user is not None and line.user.is_admin:
            yield msgspec.structs.replace(line, role=admin)


def _placed(line: Line, wanted: Wanted) -> Iterator[Line]:
    """Put an inherited line onto the projects below; leave others as they are."""
    if not line.inherited:
        yield line
        return
    below = Project.objects.filter(state__in=ALIVE).select_related("system_user")
    if line.project is not None:
        below = below.filter(pk__in=assignments.below({line.project.pk}))
    else:
        below = below.filter(domain_id=line.domain_id)
    projects = wanted.projects()
    if projects is not None:
        below = below.filter(pk__in=projects)
    for project in below.order_by("pk"):
        yield msgspec.structs.replace(
            line,
            project=project,
            domain_id="",
            inherited=False,
            source_domain=line.domain_id,
            source_project=line.project,
        )


def _people(line: Line, wanted: Wanted) -> Iterator[Line]:
    if line.group is None:
        yield line
        return
    members: Iterable[User] = line.group.members.filter(deleted_at=None).order_by("pk")
    for user in members:
        if wanted.user is None or user.pk == wanted.user.pk:
            yield msgspec.structs.replace(line, user=user, group=None, via_group=line.group)


def _implied(line: Line, known: roles.Book, all_roles: dict[int, Role]) -> Iterator[Line]:
    for key in sorted(known.effective([line.role.pk])):
        if key == line.role.pk:
            yield line
        elif key in all_roles:
            yield msgspec.structs.replace(line, role=all_roles[key], prior=line.role)


def _fits(line: Line, wanted: Wanted) -> bool:
    projects = wanted.projects()
    tests = (
        wanted.user is None or (line.user is not None and line.user.pk == wanted.user.pk),
        wanted.group is None or (line.group is not None and line.group.pk == wanted.group.pk),
        wanted.role is None or line.role.pk == wanted.role.pk,
        projects is None or (line.project is not None and line.project.pk in projects),
        not wanted.domain_id or line.domain_id == wanted.domain_id,
        not wanted.on_system or line.on_system,
        not wanted.inherited or line.inherited,
        line.project is None or line.project.state in ALIVE,
    )
    return all(tests)
