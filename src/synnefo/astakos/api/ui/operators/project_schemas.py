"""What operators are shown of projects, applications and quota, and what they send."""

import msgspec

from synnefo.astakos.domain.projects import ProjectAction
from synnefo.astakos.usecases.project_deeds import Decision


class Owner(msgspec.Struct):
    """The person behind a project."""

    id: str
    email: str
    name: str


class ProjectRow(msgspec.Struct):
    """One line of the list of projects."""

    id: str
    name: str
    owner: Owner | None
    state: str
    is_system: bool
    created: str
    ends: str
    members: int
    application: int | None
    """The number of the application that waits, if one does."""


class ProjectPage(msgspec.Struct):
    """Some projects, and where the next page begins."""

    projects: list[ProjectRow]
    next: str | None


class ProjectCounts(msgspec.Struct):
    """How many projects fit the filters, and how many applications wait."""

    fitting: int
    waiting: int


class Grant(msgspec.Struct):
    """A project's limits of one resource, and what is used of it."""

    resource: str
    unit: str
    member_limit: int
    project_limit: int
    usage: int
    pending: int


class Member(msgspec.Struct):
    """A person in a project."""

    id: str
    email: str
    name: str
    state: str


class Change(msgspec.Struct):
    """One change of a project's state."""

    at: str
    before: str | None
    after: str
    actor: str
    reason: str


class ApplicationRow(msgspec.Struct):
    """An application: what is asked for, and what is in force now."""

    id: int
    project: str
    project_name: str
    is_new: bool
    state: str
    applicant: Owner
    issued: str
    comments: str
    answered: str | None
    answer: str
    changes: dict[str, list[str]]
    """Each attribute that changes: what it is now, and what is asked for."""
    limits: list["LimitChange"]


class LimitChange(msgspec.Struct):
    """What is asked for of one resource: of a member and of the whole project."""

    resource: str
    unit: str
    member_now: int
    member_wanted: int
    project_now: int
    project_wanted: int


class Applications(msgspec.Struct):
    """Applications that wait, the oldest first."""

    applications: list[ApplicationRow]


class ProjectDetail(msgspec.Struct):
    """Everything about one project."""

    project: ProjectRow
    description: str
    homepage: str
    join_policy: str
    leave_policy: str
    max_members: int
    is_private: bool
    grants: list[Grant]
    members: list[Member]
    log: list[Change]
    applications: list[ApplicationRow]
    actions: list[ProjectAction]


class ProjectChanges(msgspec.Struct):
    """What to change about a project without an application; what is missing stays."""

    name: str | None = None
    owner: str | None = None
    homepage: str | None = None
    description: str | None = None
    ends: str | None = None
    join_policy: str | None = None
    leave_policy: str | None = None
    max_members: int | None = None
    is_private: bool | None = None
    limits: dict[str, list[int]] = {}
    """Per resource the limit of a member, and of the whole project."""


class ProjectDeedBody(msgspec.Struct):
    """An action, the projects it is for, and whether only to tell what would come of it."""

    deed: ProjectAction
    projects: list[str]
    reason: str = ""
    dry_run: bool = False


class DecisionBody(msgspec.Struct):
    """An answer, the applications it is for, and whether only to tell what would come of it."""

    deed: Decision
    applications: list[int]
    reason: str = ""
    dry_run: bool = False


class ProjectOutcome(msgspec.Struct):
    """What came, or will come, of a deed on one project."""

    id: str
    application: int | None
    name: str
    before: str
    after: str
    effects: dict[str, int]
    refused: str


class ProjectOutcomes(msgspec.Struct):
    """What came of a deed; `undo` names the deed that takes it back, `is_final` that none does."""

    outcomes: list[ProjectOutcome]
    undo: str | None
    is_final: bool


class ResourceRow(msgspec.Struct):
    """A resource: its defaults, and what all projects may use and use of it."""

    name: str
    description: str
    unit: str
    service: str
    system_default: int
    project_default: int
    api_visible: bool
    ui_visible: bool
    used: int
    allocated: int


class Resources(msgspec.Struct):
    """All resources."""

    resources: list[ResourceRow]


class ResourceChanges(msgspec.Struct):
    """What to change about a resource; what is missing stays."""

    system_default: int | None = None
    project_default: int | None = None
    api_visible: bool | None = None
    ui_visible: bool | None = None


class OverRow(msgspec.Struct):
    """Something that holds more than its limit."""

    kind: str
    id: str
    name: str
    project: str
    project_name: str
    resource: str
    unit: str
    limit: int
    usage: int


class OverPage(msgspec.Struct):
    """What is over its limit, the worst first; `total` counts all of it."""

    over: list[OverRow]
    total: int
