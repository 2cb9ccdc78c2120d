"""Finding people among very many: by anything, filtered, sorted, page by page."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec
from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from synnefo.astakos.domain.user_deeds import State
from synnefo.astakos.models import (
    AuditEntry,
    AuthProvider,
    GroupMember,
    ProjectMembership,
    SessionCatalog,
    User,
)
from synnefo.kit.faults import BadRequest

UUID_PART = 6
"""Characters of a uuid that tell it from other words."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
SORTS = {
    "email": "username",
    "name": "last_name",
    "joined": "date_joined",
    "seen": "last_seen",
    "id": "pk",
}
STATES = {
    State.UNVERIFIED: Q(email_verified=False),
    State.PENDING: Q(email_verified=True, moderated=False),
    State.REJECTED: Q(email_verified=True, moderated=True, is_rejected=True),
    State.ACTIVE: Q(email_verified=True, moderated=True, is_rejected=False, is_active=True),
    State.INACTIVE: Q(email_verified=True, moderated=True, is_rejected=False, is_active=False),
}


class PeopleSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to find; what is empty is not asked for."""

    text: str = ""
    """Part of an e-mail address or name; a uuid, a number, an identity, an internet address."""
    states: tuple[str, ...] = ()
    group: str = ""
    method: str = ""
    project: str = ""
    is_admin: bool | None = None
    sort: str = "joined"
    descending: bool = True


class Page(msgspec.Struct, frozen=True):
    """Some people, and whether more follow."""

    users: Sequence[User]
    has_more: bool


def find(search: PeopleSearch) -> QuerySet[User]:
    """Answer everybody who fits, unsorted."""
    found = User.objects.all()
    if search.states:
        found = found.filter(_any_state(search.states))
    if search.group:
        seats = GroupMember.objects.filter(group__name=search.group)
        found = found.filter(pk__in=seats.values("user"))
    if search.method:
        mine = AuthProvider.objects.filter(module=search.method, active=True)
        found = found.filter(pk__in=mine.values("user"))
    if search.project:
        members = ProjectMembership.objects.filter(project__uuid=search.project)
        found = found.filter(pk__in=members.values("person"))
    if search.is_admin is not None:
        found = found.filter(is_admin=search.is_admin)
    for word in search.text.split():
        found = found.filter(_word(word))
    return found


def page(search: PeopleSearch, *, limit: int, marker: str = "") -> Page:
    """Answer one page in the asked order; `marker` is the uuid of the last one seen."""
    key = SORTS.get(search.sort)
    if key is None:
        raise BadRequest(f"There is no order by '{search.sort}'; there is {', '.join(SORTS)}.")
    found = find(search)
    if search.sort == "seen":
        found = found.annotate(last_seen=Coalesce("last_login", Value(NEVER)))
    if marker:
        found = found.filter(_beyond(key, marker, descending=search.descending))
    sign = "-" if search.descending else ""
    ordered = found.order_by(f"{sign}{key}", f"{sign}pk")
    pks = list(ordered.values_list("pk", flat=True)[: limit + 1])
    rows = User.objects.in_bulk(pks[:limit])
    return Page([rows[pk] for pk in pks if pk in rows], len(pks) > limit)


def counts() -> dict[str, int]:
    """Count the accounts in each state."""
    asked = {str(state): Count("pk", filter=fits) for state, fits in STATES.items()}
    found: dict[str, int] = User.objects.aggregate(**asked)
    return found


def _any_state(states: tuple[str, ...]) -> Q:
    wanted = Q()
    for state in states:
        if state not in set(State):
            raise BadRequest(f"There is no state '{state}'; there is {', '.join(STATES)}.")
        wanted |= STATES[State(state)]
    return wanted


def _beyond(key: str, marker: str, *, descending: bool) -> Q:
    last = User.objects.annotate(last_seen=Coalesce(F("last_login"), Value(NEVER)))
    row = last.filter(uuid=marker).first()
    if row is None:
        raise BadRequest("'marker' must be the id of the last user of the page before.")
    past = "lt" if descending else "gt"
    value = getattr(row, key)
    return Q(**{f"{key}__{past}": value}) | Q(**{key: value, f"pk__{past}": row.pk})


def _word(word: str) -> Q:
    """Match one word against whatever tells people apart."""
    found = Q(username__contains=word.lower())
    if len(word) >= UUID_PART:
        found |= Q(uuid__startswith=word.lower())
    for form in _forms(word):
        found |= Q(first_name__icontains=form) | Q(last_name__icontains=form)
        found |= Q(affiliation__icontains=form)
    for looks_so, more in _EXACT:
        if looks_so(word):
            found |= more(word)
    return found


def _forms(word: str) -> set[str]:
    """Answer a word in upper and lower case: SQLite knows the cases of Latin letters only."""
    return {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 19


def _is_address(word: str) -> bool:
    return word.count(".") == 3 or word.count(":") > 1


def _by_address(word: str) -> Q:
    sessions = SessionCatalog.objects.filter(Q(address=word) | Q(seen_from=word))
    acts = AuditEntry.objects.filter(address=word).exclude(actor="")
    return Q(pk__in=sessions.values("user")) | Q(uuid__in=acts.values("actor"))


def _by_identity(word: str) -> Q:
    return Q(pk__in=AuthProvider.objects.filter(identifier=word).values("user"))


_EXACT: tuple[tuple[Callable[[str], bool], Callable[[str], Q]], ...] = (
    (_is_number, lambda word: Q(pk=int(word))),
    (_is_address, _by_address),
    (bool, _by_identity),
)
