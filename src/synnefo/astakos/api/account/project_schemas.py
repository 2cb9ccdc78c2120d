"""Bodies of the project API. Spec: identity 9.2 to 9.8."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType


class CapacityBody(msgspec.Struct):
    """What each member may use of a resource, and all of them together."""

    member_capacity: int
    project_capacity: int


class CapacityAsked(msgspec.Struct):
    """A capacity that is asked for; `inf` is for programs that count no further than 2^53."""

    member_capacity: int | str
    project_capacity: int | str


class ProjectBody(msgspec.Struct):
    """A project as it is asked for; what is absent or null stays as it is, or as by default."""

    name: str | None = None
    owner: str | None = None
    homepage: str | None = None
    description: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    join_policy: str | None = None
    leave_policy: str | None = None
    max_members: int | str | None = None
    private: bool | None = None
    comments: str | None = None
    resources: dict[str, CapacityAsked] | None = None


class Applied(msgspec.Struct):
    """The project that was asked for and the application that asks."""

    id: str
    application: int


class ApplicationView(msgspec.Struct):
    """An application; null attributes and absent resources ask for no change."""

    id: int
    state: str
    name: str | None
    owner: str | None
    applicant: str
    homepage: str | None
    description: str | None
    start_date: datetime | None
    end_date: datetime | None
    comments: str | None
    join_policy: str | None
    leave_policy: str | None
    max_members: int | None
    private: bool | None
    resources: dict[str, CapacityBody]


class LegacyApplicationView(msgspec.Struct):
    """An application as the calls of version 0.15 show it, with its project."""

    id: int
    project: str
    state: str
    name: str | None
    owner: str | None
    applicant: str
    homepage: str | None
    description: str | None
    start_date: datetime | None
    end_date: datetime | None
    comments: str | None
    join_policy: str | None
    leave_policy: str | None
    max_members: int | None
    private: bool | None
    resources: dict[str, CapacityBody]
    issue_date: datetime
    response: str | None


class ProjectView(msgspec.Struct, omit_defaults=True):
    """A project; the last two are shown to its owner, applicant and administrators only."""

    id: str
    state: str
    creation_date: datetime
    end_date: datetime
    name: str
    owner: str | None
    homepage: str
    description: str
    join_policy: str
    leave_policy: str
    max_members: int
    private: bool
    system_project: bool
    resources: dict[str, CapacityBody]
    last_application: ApplicationView | UnsetType = UNSET
    deactivation_date: datetime | UnsetType = UNSET


class ActionBody(msgspec.Struct):
    """Why something is done, and to which application."""

    reason: str | None = None
    reasons: str | None = None
    app_id: int | None = None


class JoinBody(msgspec.Struct):
    """The project that somebody wants to join."""

    project: str | int


class EnrollBody(msgspec.Struct):
    """Who is to be enrolled where."""

    project: str | int
    user: str


class NewMembership(msgspec.Struct):
    """Either of the two ways into a project."""

    join: JoinBody | None = None
    enroll: EnrollBody | None = None


class MembershipId(msgspec.Struct):
    """The number of a membership."""

    id: int
