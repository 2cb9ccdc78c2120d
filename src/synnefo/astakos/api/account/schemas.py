"""Bodies of the account API."""

from datetime import datetime

import msgspec

from synnefo.wire.provisions import Provision


class NewCommission(msgspec.Struct):
    """A commission as a component asks for it."""

    provisions: list[Provision]
    name: str = ""
    force: bool = False
    auto_accept: bool = False


class Serial(msgspec.Struct):
    """The receipt of a commission."""

    serial: int


class PendingCommission(msgspec.Struct):
    """A commission that waits for its verdict."""

    serial: int
    issue_time: datetime
    name: str
    provisions: list[Provision]


class Verdicts(msgspec.Struct):
    """Serials to accept and to reject."""

    accept: list[int] = []
    reject: list[int] = []


class Failure(msgspec.Struct):
    """Why a serial was not resolved."""

    code: int
    message: str


class Resolved(msgspec.Struct):
    """What became of each serial."""

    accepted: list[int]
    rejected: list[int]
    failed: list[tuple[int, dict[str, Failure]]]


class Lookup(msgspec.Struct):
    """Users to look up; null means all of them in a component's call, none in a user's."""

    uuids: list[str] | None = []
    displaynames: list[str] | None = []


class ResourceView(msgspec.Struct):
    """A resource as everybody may see it."""

    service: str
    description: str
    unit: str | None
    ui_visible: bool
    api_visible: bool
    allow_in_projects: bool


class DefaultProject(msgspec.Struct):
    """The project that requests mean when they name none."""

    project_id: str | None = None


class LegacyUser(msgspec.Struct):
    """A user as the oldest clients know one. Spec: identity 7.2."""

    id: int
    username: str
    uuid: str
    email: list[str]
    name: str
    groups: list[str]
    auth_token: str
    auth_token_created: int
    auth_token_expires: int
