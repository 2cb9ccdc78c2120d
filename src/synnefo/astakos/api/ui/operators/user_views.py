"""From rows to what operators are shown of people."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from synnefo.astakos.api.ui.operators.user_schemas import (
    FactorView,
    HoldingView,
    MailView,
    MethodView,
    OutcomeView,
    Seat,
    SessionView,
    TokenView,
    UserDetail,
    UserRow,
)
from synnefo.astakos.domain import user_deeds
from synnefo.astakos.domain.account_states import show
from synnefo.astakos.domain.user_deeds import Deed
from synnefo.astakos.models import (
    AuthProvider,
    GroupMember,
    Holding,
    Passkey,
    ProjectMembership,
    QueuedErrand,
    Resource,
    RoleAssignment,
    Token,
    TotpDevice,
    User,
)
from synnefo.astakos.models.projects import PROJECT_STATES, MembershipState, ProjectState
from synnefo.astakos.usecases import sessions
from synnefo.astakos.usecases.user_deeds import Outcome
from synnefo.kit.clock import stamp
from synnefo.wire.provisions import user_holder

MOST = 200
"""Rows of one kind that a user's page shows at most."""


def when(moment: datetime | None) -> str | None:
    """Write a time, where there is one."""
    return stamp(moment) if moment else None


def rows(users: Sequence[User]) -> list[UserRow]:
    """Show some users, with two queries for all of them."""
    ids = [user.pk for user in users]
    methods: dict[int, list[str]] = defaultdict(list)
    for user_id, module in AuthProvider.objects.filter(user__in=ids, active=True).values_list(
        "user_id", "module"
    ):
        methods[user_id].append(module)
    groups: dict[int, list[str]] = defaultdict(list)
    seats = GroupMember.objects.filter(user__in=ids).order_by("group__name")
    for user_id, name in seats.values_list("user_id", "group__name"):
        groups[user_id].append(name)
    return [_row(user, methods[user.pk], groups[user.pk]) for user in users]


def row(user: User) -> UserRow:
    """Show one user as a line."""
    return rows([user])[0]


def detail(user: User) -> UserDetail:
    """Show everything about one user."""
    return UserDetail(
        user=row(user),
        first_name=user.first_name,
        last_name=user.last_name,
        username=user.username,
        accepted_policy=user.accepted_policy,
        verified_at=when(user.verified_at),
        moderated_at=when(user.moderated_at),
        deactivated_at=when(user.deactivated_at),
        default_project=user.default_project.uuid if user.default_project else None,
        updated=stamp(user.updated),
        has_password=bool(user.password),
        methods=_methods(user),
        factors=_factors(user),
        roles=_roles(user),
        projects=_seats(user),
        quota=_quota(user),
        sessions=_sessions(user),
        tokens=_tokens(user),
        mails=_mails(user),
        deeds={str(deed): user_deeds.problem(deed, user.account) for deed in Deed},
    )


def outcomes(found: Iterable[Outcome]) -> list[OutcomeView]:
    """Show what came of a deed."""
    return [
        OutcomeView(
            id=one.user.uuid,
            email=one.user.email,
            name=one.user.realname,
            before=str(one.before),
            after=str(one.after) if one.after else None,
            effects=one.effects,
            refused=one.refused,
        )
        for one in found
    ]


def _row(user: User, methods: list[str], groups: list[str]) -> UserRow:
    return UserRow(
        id=user.uuid,
        number=user.pk,
        email=user.email,
        name=user.realname,
        affiliation=user.affiliation,
        state=str(user_deeds.state_of(user.account)),
        status=show(user.account),
        reason=user.account.reason,
        is_admin=user.is_admin,
        methods=methods,
        groups=groups,
        joined=stamp(user.date_joined),
        seen=when(user.last_login),
    )


def _methods(user: User) -> list[MethodView]:
    return [
        MethodView(
            one.module, one.identifier, one.active, stamp(one.created), when(one.last_login_at)
        )
        for one in user.auth_providers.all()
    ]


def _factors(user: User) -> list[FactorView]:
    apps = TotpDevice.objects.filter(user=user, confirmed_at__isnull=False)
    keys = Passkey.objects.filter(user=user).order_by("pk")
    shown = [FactorView("totp", "", stamp(one.created_at), when(one.used_at)) for one in apps]
    return shown + [
        FactorView("passkey", one.name, stamp(one.created_at), when(one.used_at)) for one in keys
    ]


def _roles(user: User) -> list[str]:
    given = RoleAssignment.objects.filter(user=user).select_related("role", "project")
    return [f"{one.role.name} · {_place(one)}" for one in given.order_by("pk")[:MOST]]


def _place(given: RoleAssignment) -> str:
    if given.on_system:
        return "system"
    return given.project.display_name if given.project else given.domain_id


def _seats(user: User) -> list[Seat]:
    found = ProjectMembership.objects.filter(person=user).select_related("project__system_user")
    return [
        Seat(
            project=one.project.uuid,
            name=one.project.display_name,
            project_state=PROJECT_STATES[ProjectState(one.project.state)],
            state=MembershipState(one.state).name.lower(),
            is_owner=one.project.owner_id == user.pk,
        )
        for one in found.order_by("pk")[:MOST]
    ]


def _quota(user: User) -> list[HoldingView]:
    mine = list(Holding.objects.filter(holder=user_holder(user.uuid)).order_by("source", "pk"))
    sources = {one.source for one in mine}
    whole = {
        (one.holder, one.resource): one
        for one in Holding.objects.filter(source="", holder__in=sources)
    }
    units = dict(Resource.objects.values_list("name", "unit"))
    return [_holding(one, whole.get((one.source, one.resource)), units) for one in mine[:MOST]]


def _holding(one: Holding, whole: Holding | None, units: dict[str, str | None]) -> HoldingView:
    return HoldingView(
        project=one.source.removeprefix("project:"),
        resource=one.resource,
        unit=units.get(one.resource) or "",
        limit=one.limit,
        usage=one.usage_max,
        pending=one.usage_max - one.usage_min,
        project_limit=whole.limit if whole else 0,
        project_usage=whole.usage_max if whole else 0,
    )


def _sessions(user: User) -> list[SessionView]:
    return [
        SessionView(
            key=one.session_key,
            method=one.method,
            address=one.seen_from or one.address,
            agent=one.agent,
            began=stamp(one.created_at),
            seen=stamp(one.seen_at),
        )
        for one in sessions.listed(user)[:MOST]
    ]


def _tokens(user: User) -> list[TokenView]:
    found = Token.objects.filter(user=user).select_related("project__system_user")
    return [
        TokenView(
            audit_id=one.audit_id,
            kind=one.kind,
            project=one.project.display_name if one.project else "",
            methods=one.methods,
            created=stamp(one.created_at),
            expires=when(one.expires_at),
        )
        for one in found.order_by("-pk")[:MOST]
    ]


def _mails(user: User) -> list[MailView]:
    waiting = QueuedErrand.objects.filter(
        name="astakos.send_mail", arguments__recipient=user.email
    )
    return [
        MailView(
            subject=str(one.arguments.get("subject", "")),
            since=stamp(one.created_at),
            attempts=one.attempts,
            error=one.last_error,
        )
        for one in waiting.order_by("pk")[:MOST]
    ]
