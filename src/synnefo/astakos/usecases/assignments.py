"""Who has which roles where: given, taken, and what they come to. Spec: openstack-api 4.4.

A person's accepted membership of a project is the role `member` there; being an administrator
is the role `admin` on the system and on the projects that one is in.
"""

from collections.abc import Sequence

from django.db import router
from django.db.models import Q, QuerySet

from synnefo.astakos.domain import roles as rules
from synnefo.astakos.domain.roles import Named
from synnefo.astakos.models import Project, RoleAssignment, Token, User, held
from synnefo.astakos.models.held import Ties
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, ProjectState
from synnefo.astakos.usecases import roles
from synnefo.serve.statements import fetch

_GIVEN = """
SELECT DISTINCT a.role_id FROM astakos_roleassignment a
WHERE (a.user_id = %s OR a.group_id IN
       (SELECT s.group_id FROM astakos_groupmember s WHERE s.user_id = %s)) AND
"""


def roles_of(
    user: User, *, project: Project | None = None, domain_id: str = "", system: bool = False
) -> tuple[Named, ...]:
    """Tell the roles that a user has on one thing, with those implied and inherited.

    Nothing at all means that the user has no business there.
    """
    if project is not None:
        return by_ties(user, project, held.ties(user.pk, project.pk))
    given = _given(user, "a.on_system", ()) if system else _on_domain(user, domain_id)
    return _come_to(given, rules.OF_ADMIN if system and user.is_admin else ())


def of_token(row: Token) -> tuple[Named, ...]:
    """Tell the roles that a token's holder has on what it is for, now.

    Who has nothing but memberships, which is nearly everybody, costs no query more.
    """
    user, project = row.user, row.project
    if project is None:
        scoped = bool(row.domain_id or row.is_system)
        return roles_of(user, domain_id=row.domain_id, system=row.is_system) if scoped else ()
    if row.is_member is None:
        known = held.ties(user.pk, project.pk)
        row.is_member, row.in_groups = known.is_member, known.in_groups
        row.has_grants = known.has_grants
    return by_ties(user, project, Ties(row.is_member, row.in_groups, row.has_grants))


def by_ties(user: User, project: Project, known: Ties) -> tuple[Named, ...]:
    """Tell a user's roles on a project, for who has looked at what binds them."""
    if known.has_grants:
        return on_project(user, project, is_member=known.is_member)
    return of_member(user) if known.is_member else ()


def on_project(user: User, project: Project, *, is_member: bool) -> tuple[Named, ...]:
    """Tell a user's roles on a project, for who knows already whether they are a member."""
    above = lineage(project)
    places = ", ".join(["%s"] * len(above))
    below = f" OR a.project_id IN ({places})" if above else ""
    where = (
        f"((a.project_id = %s AND NOT a.inherited) OR (a.inherited AND (a.domain_id = %s{below})))"
    )
    given = _given(user, where, (project.pk, project.domain_id, *above))
    return _come_to(given, of_member(user) if is_member else ())


def projects_of(user: User) -> QuerySet[Project]:
    """Keep the normal projects in which a user has any role, by membership or otherwise."""
    mine = RoleAssignment.objects.filter(Q(user=user) | Q(group__seats__user=user))
    rows = list(mine.values_list("project_id", "domain_id", "inherited"))
    keys = {project for project, _, inherited in rows if project and not inherited}
    keys |= below({project for project, _, inherited in rows if project and inherited})
    domains = {domain for _, domain, inherited in rows if domain and inherited}
    usable = Project.objects.usable_by(user.pk)
    if not rows:
        return usable
    given = Project.objects.filter(Q(pk__in=keys) | Q(domain_id__in=domains))
    return (usable | given).filter(state=ProjectState.NORMAL).distinct()


def keys_of(user: User) -> set[int]:
    """List the keys of all roles that were given to a user or their groups, anywhere."""
    mine = RoleAssignment.objects.filter(Q(user=user) | Q(group__seats__user=user))
    return set(mine.values_list("role_id", flat=True))


def domains_of(user: User) -> list[str]:
    """List the domains on which a user has any role."""
    mine = RoleAssignment.objects.filter(Q(user=user) | Q(group__seats__user=user))
    found = mine.filter(inherited=False).exclude(domain_id="")
    return sorted(set(found.values_list("domain_id", flat=True)))


def below(projects: set[int]) -> set[int]:
    """List the projects below some projects, at any depth."""
    found: set[int] = set()
    level = projects
    while level:
        children = Project.objects.filter(parent__in=level).values_list("pk", flat=True)
        level = set(children) - found
        found |= level
    return found


def of_member(user: User) -> tuple[Named, ...]:
    """Tell the roles that a membership alone brings."""
    return rules.OF_ADMIN if user.is_admin else rules.OF_MEMBER


def lineage(project: Project) -> list[int]:
    """List the projects above a project, the nearest first."""
    found: list[int] = []
    parent = project.parent_id
    while parent is not None and parent not in found:
        found.append(parent)
        parent = Project.objects.values_list("parent_id", flat=True).get(pk=parent)
    return found


def is_member(user: User, project: Project) -> bool:
    """Tell whether a user is a member in their own right, not by another role."""
    seats = user.memberships.filter(project=project, state__in=ACTUALLY_ACCEPTED)
    return seats.filter(by_role=False).exists()


def _on_domain(user: User, domain_id: str) -> list[int]:
    return _given(user, "(a.domain_id = %s AND NOT a.inherited)", (domain_id,))


def _given(user: User, where: str, values: Sequence[str | int]) -> list[int]:
    alias = router.db_for_read(RoleAssignment)
    return [row[0] for row in fetch(alias, _GIVEN + where, [user.pk, user.pk, *values])]


def _come_to(given: list[int], also: tuple[Named, ...]) -> tuple[Named, ...]:
    if not given:
        return also
    known = roles.book(given)
    return tuple(sorted({*known.named(known.effective(given)), *also}))
