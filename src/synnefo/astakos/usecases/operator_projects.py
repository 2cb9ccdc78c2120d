"""Finding projects and applications among very many."""

from collections.abc import Sequence

import msgspec
from django.db.models import Count, F, Q, QuerySet

from synnefo.astakos.models import Holding, Project, ProjectApplication
from synnefo.astakos.models.applications import PENDING
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, PROJECT_STATES, ProjectState
from synnefo.kit.faults import BadRequest

SORTS = {"name": "realname", "created": "creation_date", "ends": "end_date", "id": "pk"}
KINDS = {"made": Q(is_base=False), "system": Q(is_base=True), "all": Q()}
WORDS = {word: state for state, word in PROJECT_STATES.items()}


class ProjectSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which projects to find; what is empty is not asked for."""

    text: str = ""
    """Part of a name, a description or an owner's address; or an id."""
    states: tuple[str, ...] = ()
    kind: str = "made"
    sort: str = "created"
    descending: bool = True


class Page(msgspec.Struct, frozen=True):
    """Some projects, and whether more follow."""

    projects: Sequence[Project]
    has_more: bool


def find(search: ProjectSearch) -> QuerySet[Project]:
    """Answer the projects that fit, unsorted."""
    if search.kind not in KINDS:
        raise BadRequest(f"There is no kind '{search.kind}'; there is {', '.join(KINDS)}.")
    found = Project.objects.filter(KINDS[search.kind])
    if search.states:
        found = found.filter(state__in=[_state(word) for word in search.states])
    for word in search.text.split():
        found = found.filter(_word(word))
    return found


def page(search: ProjectSearch, *, limit: int, marker: str = "") -> Page:
    """Answer one page in the asked order; `marker` is the uuid of the last one seen."""
    key = SORTS.get(search.sort)
    if key is None:
        raise BadRequest(f"There is no order by '{search.sort}'; there is {', '.join(SORTS)}.")
    found = find(search)
    past = "lt" if search.descending else "gt"
    if marker:
        row = Project.objects.filter(uuid=marker).first()
        if row is None:
            raise BadRequest("'marker' must be the id of the last project of the page before.")
        value = getattr(row, key)
        found = found.filter(
            Q(**{f"{key}__{past}": value}) | Q(**{key: value, f"pk__{past}": row.pk})
        )
    sign = "-" if search.descending else ""
    rows = list(
        found.select_related("owner", "system_user", "last_application").order_by(
            f"{sign}{key}", f"{sign}pk"
        )[: limit + 1]
    )
    return Page(rows[:limit], len(rows) > limit)


def member_counts(projects: Sequence[Project]) -> dict[int, int]:
    """Count the accepted members of some projects, in one query."""
    accepted = Q(memberships__state__in=ACTUALLY_ACCEPTED)
    counted = Project.objects.filter(pk__in=[one.pk for one in projects])
    return dict(counted.annotate(n=Count("memberships", filter=accepted)).values_list("pk", "n"))


def waiting() -> QuerySet[ProjectApplication]:
    """Answer the applications that wait for an answer, the oldest first."""
    return ProjectApplication.objects.filter(state=PENDING).whole().order_by("pk")


def over_quota() -> QuerySet[Holding]:
    """Answer what holds more than its limit, the worst first."""
    return (
        Holding.objects.filter(usage_max__gt=F("limit"))
        .annotate(excess=F("usage_max") - F("limit"))
        .order_by("-excess", "pk")
    )


def _state(word: str) -> ProjectState:
    if word not in WORDS:
        raise BadRequest(f"There is no state '{word}'; there is {', '.join(WORDS)}.")
    return WORDS[word]


def _word(word: str) -> Q:
    people = Q(owner__username__contains=word.lower()) | Q(
        system_user__username__contains=word.lower()
    )
    texts = Q(realname__icontains=word) | Q(description__icontains=word)
    return people | texts | Q(uuid__startswith=word.lower())
