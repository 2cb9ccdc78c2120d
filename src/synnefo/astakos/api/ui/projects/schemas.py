"""What the pages about projects are told."""

from datetime import datetime

import msgspec

from synnefo.astakos.api.account.project_schemas import ApplicationView, ProjectBody
from synnefo.astakos.usecases.bulk_memberships import Outcome
from synnefo.astakos.usecases.forecasts import Outlook


class PersonView(msgspec.Struct):
    """A person as others see one; the address only where the viewer may know it."""

    id: str
    name: str
    email: str = ""


class SeatView(msgspec.Struct):
    """The viewer's own membership of a project."""

    id: int
    state: str
    actions: list[str]


class ProjectRow(msgspec.Struct):
    """A project in a list."""

    id: str
    name: str
    state: str
    status: str
    owner: PersonView | None
    is_mine: bool
    system: bool
    private: bool
    created: datetime
    ends: datetime
    join_policy: str
    leave_policy: str
    members: int
    max_members: int
    waiting: int
    membership: SeatView | None
    standing: str
    application: str
    """State of the last application, where the viewer may know it."""


class ProjectRows(msgspec.Struct):
    """A page of projects and how many there are in all."""

    projects: list[ProjectRow]
    total: int
    is_admin: bool


class ResourceRow(msgspec.Struct):
    """A resource in a project: its limits, and usage where the viewer may know it."""

    name: str
    description: str
    unit: str | None
    ui_visible: bool
    member_capacity: int
    project_capacity: int
    usage: int | None = None
    pending: int | None = None
    my_usage: int | None = None
    my_limit: int | None = None
    members_over: int | None = None


class ApplicationRow(msgspec.Struct):
    """An application with what it would change."""

    application: ApplicationView
    applicant: PersonView
    project: PersonView
    is_new: bool
    issued: datetime
    response: str
    responded: datetime | None
    actions: list[str]


class ProjectDetail(msgspec.Struct):
    """All about one project."""

    project: ProjectRow
    homepage: str
    description: str
    resources: list[ResourceRow]
    application: ApplicationRow | None
    actions: list[str]
    deactivated: datetime | None
    deactivation_reason: str


class MemberUsage(msgspec.Struct):
    """What a member uses of a resource, and may."""

    usage: int
    limit: int


class MemberRow(msgspec.Struct):
    """A member of a project."""

    id: int
    person: PersonView
    state: str
    since: datetime | None
    actions: list[str]
    usage: dict[str, MemberUsage]


class LogRow(msgspec.Struct):
    """One line of a project's story."""

    date: datetime
    kind: str
    who: str
    before: str
    after: str
    actor: str
    reason: str


class BulkBody(msgspec.Struct):
    """What to do to which members, and whether only to try."""

    action: str
    members: list[int]
    reason: str = ""
    preview: bool = False


class EnrollBody(msgspec.Struct):
    """Whom to enroll: addresses between commas or lines."""

    emails: str
    preview: bool = False


class Outcomes(msgspec.Struct):
    """What became of each."""

    outcomes: list[Outcome]


class ForecastBody(msgspec.Struct):
    """An application that is being written, for a new project or for changes of one."""

    wish: ProjectBody
    project: str | None = None


class ResourceChoice(msgspec.Struct):
    """A resource that can be asked for."""

    name: str
    description: str
    unit: str | None
    service: str
    project_default: int


class MemberChoice(msgspec.Struct):
    """A limit on members that the form offers."""

    label: str
    limit: int


class Options(msgspec.Struct):
    """What the application form offers, and whether one more application may be made."""

    resources: list[ResourceChoice]
    member_choices: list[MemberChoice]
    outlook: Outlook
    is_admin: bool
    update_interval: int


class UsageRow(msgspec.Struct):
    """How one resource stands for a user in one project, and for all of it."""

    resource: str
    unit: str | None
    description: str
    limit: int
    usage: int
    pending: int
    project_limit: int
    project_usage: int
    project_pending: int
    left: int
    is_short: bool
    """The project as a whole has less left than the member's own limit would allow."""


class ProjectUsage(msgspec.Struct):
    """What a user uses in one project."""

    id: str
    name: str
    state: str
    system: bool
    is_member: bool
    resources: list[UsageRow]


class Usage(msgspec.Struct):
    """What a user uses everywhere."""

    projects: list[ProjectUsage]
    update_interval: int
