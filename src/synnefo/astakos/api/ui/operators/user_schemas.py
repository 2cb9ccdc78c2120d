"""What operators are shown of people, and what they send."""

import msgspec

from synnefo.astakos.domain.user_deeds import Deed


class UserRow(msgspec.Struct):
    """One line of the list of users."""

    id: str
    number: int
    email: str
    name: str
    affiliation: str
    state: str
    status: str
    reason: str
    is_admin: bool
    methods: list[str]
    groups: list[str]
    joined: str
    seen: str | None


class UserPage(msgspec.Struct):
    """Some users, and where the next page begins."""

    users: list[UserRow]
    next: str | None


class Counts(msgspec.Struct):
    """How many accounts there are in each state, and how many fit the filters."""

    states: dict[str, int]
    fitting: int


class Ids(msgspec.Struct):
    """Everybody who fits the filters, up to a limit; `total` counts them all."""

    ids: list[str]
    total: int


class MethodView(msgspec.Struct):
    """One way in which a user may sign in."""

    module: str
    identifier: str
    is_active: bool
    created: str
    used: str | None


class FactorView(msgspec.Struct):
    """A second factor."""

    kind: str
    name: str
    created: str
    used: str | None


class Seat(msgspec.Struct):
    """A user's place in a project."""

    project: str
    name: str
    project_state: str
    state: str
    is_owner: bool


class HoldingView(msgspec.Struct):
    """What a user may use of a resource of one project, and uses."""

    project: str
    resource: str
    unit: str
    limit: int
    usage: int
    pending: int
    project_limit: int
    project_usage: int


class SessionView(msgspec.Struct):
    """A browser session."""

    key: str
    method: str
    address: str
    agent: str
    began: str
    seen: str


class TokenView(msgspec.Struct):
    """A token, by what may be shown of it."""

    audit_id: str
    kind: str
    project: str
    methods: str
    created: str
    expires: str | None


class MailView(msgspec.Struct):
    """A mail that waits to be sent."""

    subject: str
    since: str
    attempts: int
    error: str


class UserDetail(msgspec.Struct):
    """Everything about one user."""

    user: UserRow
    first_name: str
    last_name: str
    username: str
    accepted_policy: str
    verified_at: str | None
    moderated_at: str | None
    deactivated_at: str | None
    default_project: str | None
    updated: str
    has_password: bool
    methods: list[MethodView]
    factors: list[FactorView]
    roles: list[str]
    projects: list[Seat]
    quota: list[HoldingView]
    sessions: list[SessionView]
    tokens: list[TokenView]
    mails: list[MailView]
    deeds: dict[str, str]
    """Each deed, and why it cannot be done now; empty when it can."""


class NewUserBody(msgspec.Struct):
    """A user to add; a password is made and answered when none is given."""

    email: str
    first_name: str = ""
    last_name: str = ""
    affiliation: str = ""
    password: str = ""
    is_accepted: bool = False


class UserChanges(msgspec.Struct):
    """What to change about a user; what is missing stays."""

    first_name: str | None = None
    last_name: str | None = None
    affiliation: str | None = None
    email: str | None = None
    is_admin: bool | None = None
    default_project: str | None = None


class NewSecret(msgspec.Struct):
    """A password, shown this once; empty when it was sent or given."""

    user: UserRow
    password: str = ""


class PasswordBody(msgspec.Struct):
    """A new password; one is made and answered when it is empty."""

    password: str = ""


class QuotaBody(msgspec.Struct):
    """New limits of a user's own project, by resource."""

    limits: dict[str, int]


class DeedBody(msgspec.Struct):
    """A deed, whom it is for, and whether only to tell what would come of it."""

    deed: Deed
    users: list[str]
    reason: str = ""
    group: str = ""
    dry_run: bool = False


class OutcomeView(msgspec.Struct):
    """What came, or will come, of a deed on one user."""

    id: str
    email: str
    name: str
    before: str
    after: str | None
    effects: dict[str, int]
    refused: str


class Outcomes(msgspec.Struct):
    """What came of a deed; `undo` names the deed that takes it back, `is_final` that none does."""

    outcomes: list[OutcomeView]
    undo: str | None
    is_final: bool


class MailBody(msgspec.Struct):
    """A mail from the operators to some users."""

    users: list[str]
    subject: str
    text: str


class Sent(msgspec.Struct):
    """How many mails were put on their way."""

    sent: int
