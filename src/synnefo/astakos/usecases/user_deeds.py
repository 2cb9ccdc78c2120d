"""Operators' deeds on accounts, one by one or many at once, with a preview of what will come."""

from collections.abc import Callable, Sequence

import msgspec
from django.db import transaction

from synnefo.astakos.domain import account_states, user_deeds
from synnefo.astakos.domain.user_deeds import Deed, State
from synnefo.astakos.models import (
    DATABASE,
    Project,
    ProjectMembership,
    SessionCatalog,
    Token,
    User,
)
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, ProjectState
from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import (
    activations,
    audit,
    factor_changes,
    groups,
    operator_changes,
    second_factors,
    tokens,
    users,
)
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Fault


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A deed, and what goes with it."""

    deed: Deed
    reason: str = ""
    group: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came, or will come, of a deed on one account; `refused` tells why nothing does.

    `effects` counts what else is touched: tokens, sessions, projects, memberships.
    """

    user: User
    before: State
    after: State | None
    effects: dict[str, int] = {}
    refused: str = ""


def preview(order: Order, people: Sequence[User], operator: User) -> list[Outcome]:
    """Tell what an order would do to each of some people; nothing changes."""
    _check(order)
    return [_foresee(order, user, operator) for user in people]


def carry_out(order: Order, people: Sequence[User], operator: User) -> list[Outcome]:
    """Do an order to each of some people, each in a transaction of its own."""
    _check(order)
    return [_do(order, user, operator) for user in people]


def _check(order: Order) -> None:
    if order.deed in (Deed.ADD_TO_GROUP, Deed.TAKE_FROM_GROUP):
        if not order.group:
            raise BadRequest("Name a group in 'group'.")
        groups.named(order.group)


def _foresee(order: Order, user: User, operator: User) -> Outcome:
    refused = _own_foot(order.deed, user, operator) or user_deeds.problem(order.deed, user.account)
    before = user_deeds.state_of(user.account)
    if refused:
        return Outcome(user=user, before=before, after=before, refused=refused)
    after = user_deeds.after(order.deed, user.account, gets_in=_gets_in(user))
    return Outcome(user=user, before=before, after=after, effects=_effects(order, user, after))


def _do(order: Order, user: User, operator: User) -> Outcome:
    seen = _foresee(order, user, operator)
    if seen.refused:
        return seen
    try:
        with transaction.atomic(using=DATABASE):
            _DO[order.deed](user, order)
    except Fault as fault:
        return msgspec.structs.replace(seen, after=seen.before, effects={}, refused=fault.message)
    if order.deed is Deed.DELETE:
        return seen
    user.refresh_from_db()
    return msgspec.structs.replace(seen, after=user_deeds.state_of(user.account))


def _own_foot(deed: Deed, user: User, operator: User) -> str:
    """Keep operators from shutting themselves out."""
    if user.pk == operator.pk and deed in (Deed.DEACTIVATE, Deed.DELETE, Deed.REJECT):
        return "This is your own account. Another operator can do this."
    return ""


def _gets_in(user: User) -> bool:
    settings = conf.of(AstakosSettings)
    policy = account_states.acceptance_policy(
        user.email,
        moderation=settings.astakos_moderation_enabled,
        patterns=settings.astakos_re_user_email_patterns,
    )
    return policy is not None


def _effects(order: Order, user: User, after: State | None) -> dict[str, int]:
    """Count what a deed touches besides the account's state."""
    found: dict[str, int] = {}
    if order.deed in (Deed.DEACTIVATE, Deed.END_SESSIONS):
        found["tokens"] = Token.objects.filter(user=user).count()
        found["sessions"] = SessionCatalog.objects.filter(user=user).count()
    if order.deed is Deed.DEACTIVATE:
        found["projects"] = _owned(user, ProjectState.NORMAL)
        found["memberships"] = ProjectMembership.objects.filter(
            person=user, state__in=ACTUALLY_ACCEPTED, project__is_base=False
        ).count()
    if order.deed is Deed.ACTIVATE:
        found["projects"] = _owned(user, ProjectState.SUSPENDED)
    if after is State.ACTIVE and user.base_project_id is None:
        found["system_project"] = 1
    if order.deed is Deed.RESET_SECOND_FACTOR:
        found["factors"] = len(second_factors.kinds(user))
    return {name: count for name, count in found.items() if count}


def _owned(user: User, state: ProjectState) -> int:
    return Project.objects.filter(owner=user, state=state).count()


def _verify(user: User, _order: Order) -> None:
    activations.verify(user)


def _accept(user: User, _order: Order) -> None:
    activations.accept(user)


def _reject(user: User, order: Order) -> None:
    users.reject(user, order.reason)


def _activate(user: User, _order: Order) -> None:
    users.activate(user)


def _deactivate(user: User, order: Order) -> None:
    users.deactivate(user, order.reason)


def _delete(user: User, _order: Order) -> None:
    users.delete(user)


def _send_verification(user: User, _order: Order) -> None:
    activations.send_link(user)


def _send_password_reset(user: User, _order: Order) -> None:
    operator_changes.send_password_link(user)


def _end_sessions(user: User, _order: Order) -> None:
    tokens.revoke_all(user)
    audit.record("session.all-ended", subject=user)


def _reset_second_factor(user: User, order: Order) -> None:
    factor_changes.reset(user, order.reason)


def _add_to_group(user: User, order: Order) -> None:
    groups.add(groups.named(order.group), user)


def _take_from_group(user: User, order: Order) -> None:
    groups.remove(groups.named(order.group), user)


_DO: dict[Deed, Callable[[User, Order], None]] = {
    Deed.VERIFY: _verify,
    Deed.ACCEPT: _accept,
    Deed.REJECT: _reject,
    Deed.ACTIVATE: _activate,
    Deed.DEACTIVATE: _deactivate,
    Deed.DELETE: _delete,
    Deed.SEND_VERIFICATION: _send_verification,
    Deed.SEND_PASSWORD_RESET: _send_password_reset,
    Deed.END_SESSIONS: _end_sessions,
    Deed.RESET_SECOND_FACTOR: _reset_second_factor,
    Deed.ADD_TO_GROUP: _add_to_group,
    Deed.TAKE_FROM_GROUP: _take_from_group,
}
