"""Groups and projects that come and go with how somebody signs in.

What a record of a provider gave is noted with it, so that only that is taken back.
Spec: identity 14.1 (ADD_GROUPS, CREATION_GROUPS, MIRROR_GROUPS).
"""

from collections.abc import Iterable

from synnefo.astakos.domain import identities
from synnefo.astakos.domain.identities import Identity
from synnefo.astakos.domain.memberships import MembershipAction
from synnefo.astakos.models import AuthProvider, Group, Project, ProjectMembership, User
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.models.projects import ACCEPTED_STATES
from synnefo.astakos.settings import ProviderSettings
from synnefo.astakos.usecases import audit, auth_policies, groups, memberships
from synnefo.kit import conf
from synnefo.kit.faults import Fault
from synnefo.kit.logs import get_logger

log = get_logger(__name__)

BY_POLICY, BY_RULE, PROJECTS = "groups", "mapped_groups", "projects"
REASON = "sign-in attributes"


def attached(record: AuthProvider, *, first: bool) -> None:
    """Give what the policies say a new record brings."""
    policies = auth_policies.in_force(record.module)
    if first:
        for name in policies.creation_groups:
            groups.add(groups.ensure(name), record.user)
    _settle_groups(record, BY_POLICY, policies.add_groups)
    record.save(update_fields=["granted"])


def signed_in(record: AuthProvider, identity: Identity) -> None:
    """Give and take what the attributes of this sign-in say, within the caller's transaction."""
    rules = conf.of(ProviderSettings).astakos_attribute_rules
    given = identities.given_by(rules, identity.module, identity.attributes)
    if auth_policies.in_force(identity.module).mirror_groups and identity.groups is not None:
        _mirror(record.user, identity.groups)
    _settle_groups(record, BY_RULE, given.groups)
    _settle_projects(record, given.projects)
    record.save(update_fields=["granted"])


def detached(record: AuthProvider) -> None:
    """Take back everything that a record gave."""
    _settle_groups(record, BY_POLICY, ())
    _settle_groups(record, BY_RULE, ())
    _settle_projects(record, ())


def _settle_groups(record: AuthProvider, kind: str, wanted: Iterable[str]) -> None:
    user, before, names = record.user, set(record.granted.get(kind, ())), set(wanted)
    fresh = {name for name in names if groups.add(groups.ensure(name), user)}
    spared = _given_by_others(record, (BY_POLICY, BY_RULE)) | _given(record, _other(kind))
    gone = before - names - spared
    for group in Group.objects.filter(name__in=gone, domain_id=DEFAULT):
        groups.remove(group, user)
    record.granted[kind] = sorted((before & names) | fresh)
    _note(record, "user.groups-mapped", fresh, gone)


def _settle_projects(record: AuthProvider, wanted: Iterable[str]) -> None:
    before = set(record.granted.get(PROJECTS, ()))
    found = [_project(name) for name in sorted(set(wanted))]
    projects = {project.uuid: project for project in found if project is not None}
    fresh = {uuid for uuid, project in projects.items() if _join(record.user, project)}
    gone = before - projects.keys() - _given_by_others(record, (PROJECTS,))
    left = {uuid for uuid in gone if _leave(record.user, uuid)}
    record.granted[PROJECTS] = sorted((before & projects.keys()) | fresh)
    _note(record, "user.projects-mapped", fresh, left)


def _project(name: str) -> Project | None:
    found = Project.objects.filter(is_base=False)
    project = found.filter(uuid=name).first() or found.filter(name=name).first()
    if project is None:
        log.warning("mapped-project-unknown", project=name)
    return project


def _join(user: User, project: Project) -> bool:
    """Bring a user in unless they are there; tell whether it worked."""
    seats = ProjectMembership.objects.filter(project=project, person=user)
    if seats.filter(state__in=ACCEPTED_STATES).exists():
        return False
    try:
        memberships.enroll(project, user.email)
    except Fault as fault:
        log.warning("mapped-project-closed", project=project.uuid, reason=fault.message)
        return False
    return True


def _leave(user: User, uuid: str) -> bool:
    seats = ProjectMembership.objects.filter(project__uuid=uuid, person=user)
    seat = seats.filter(state__in=ACCEPTED_STATES).first()
    if seat is None:
        return False
    try:
        memberships.move(seat, MembershipAction.REMOVE, reason=REASON)
    except Fault as fault:
        log.warning("mapped-project-kept", project=uuid, reason=fault.message)
        return False
    return True


def _mirror(user: User, names: Iterable[str]) -> None:
    wanted, mine = set(names), set(groups.names_of(user))
    groups.change(user, sorted(wanted - mine), sorted(mine - wanted))


def _given(record: AuthProvider, kinds: Iterable[str]) -> set[str]:
    return {name for kind in kinds for name in record.granted.get(kind, ())}


def _given_by_others(record: AuthProvider, kinds: Iterable[str]) -> set[str]:
    """Answer what the user's other records give, which stays when this one does not."""
    others = AuthProvider.objects.filter(user=record.user_id).exclude(pk=record.pk)
    chosen = list(kinds)
    return {name for other in others for name in _given(other, chosen)}


def _other(kind: str) -> tuple[str, ...]:
    return (BY_RULE,) if kind == BY_POLICY else (BY_POLICY,)


def _note(record: AuthProvider, act: str, given: Iterable[str], taken: Iterable[str]) -> None:
    added, dropped = sorted(given), sorted(taken)
    if added or dropped:
        audit.record(
            act, actor="", subject=record.user, method=record.module, given=added, taken=dropped
        )
