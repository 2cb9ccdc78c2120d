"""People, as operators find, see and change them."""

import msgspec

from synnefo.astakos.api.ui.operators import user_views
from synnefo.astakos.api.ui.operators.bounds import bounded
from synnefo.astakos.api.ui.operators.gate import operator
from synnefo.astakos.api.ui.operators.user_schemas import (
    Counts,
    DeedBody,
    Ids,
    MailBody,
    NewSecret,
    NewUserBody,
    Outcomes,
    PasswordBody,
    QuotaBody,
    Sent,
    UserChanges,
    UserDetail,
    UserPage,
)
from synnefo.astakos.domain import user_deeds as rules
from synnefo.astakos.models import Token, User
from synnefo.astakos.settings import AdminSettings
from synnefo.astakos.usecases import (
    audit,
    operator_changes,
    people,
    sessions,
    user_deeds,
    users,
)
from synnefo.astakos.usecases.people import PeopleSearch
from synnefo.astakos.usecases.user_deeds import Order
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.serve.http import Call
from synnefo.serve.http.paging import limit_of, marker_of

MOST_IDS = 20000
MOST_AT_ONCE = 100


def list_users(call: Call) -> UserPage:
    """Find users: `q`, `state`, `group`, `method`, `project`, `is_admin`, `sort`, `order`."""
    limit = limit_of(call, maximum=200) or conf.of(AdminSettings).astakos_paginate_by
    found = people.page(_search(call), limit=limit, marker=marker_of(call) or "")
    last = found.users[-1].uuid if found.users and found.has_more else None
    return UserPage(user_views.rows(found.users), last)


def count_users(call: Call) -> Counts:
    """Count the users in each state, and those who fit the filters."""
    return Counts(people.counts(), people.find(_search(call)).count())


def list_ids(call: Call) -> Ids:
    """List the ids of everybody who fits the filters, for deeds on all of them."""
    found = people.find(_search(call))
    ids = list(found.order_by("pk").values_list("uuid", flat=True)[:MOST_IDS])
    return Ids(ids, len(ids) if len(ids) < MOST_IDS else found.count())


def show_user(_call: Call, user_id: str) -> UserDetail:
    """Show everything about one user."""
    return user_views.detail(_find(user_id))


def add_user(call: Call, body: NewUserBody) -> NewSecret:
    """Add a user, verified and accepted at once if asked for."""
    user, password = operator_changes.add(
        users.NewUser(
            email=body.email,
            first_name=body.first_name,
            last_name=body.last_name,
            password=body.password,
        ),
        affiliation=body.affiliation,
        is_accepted=body.is_accepted,
    )
    call.reply_headers["Cache-Control"] = "no-store"
    return NewSecret(user_views.row(user), password)


def change_user(call: Call, user_id: str, body: UserChanges) -> UserDetail:
    """Change names, address, affiliation, rights or default project of a user."""
    user = _find(user_id)
    operator_changes.change(user, operator(call), _asked(body))
    return user_views.detail(_find(user_id))


def set_password(call: Call, user_id: str, body: PasswordBody) -> NewSecret:
    """Set a user's password; the one that is made is answered this once."""
    user = _find(user_id)
    password = operator_changes.set_password(user, body.password)
    call.reply_headers["Cache-Control"] = "no-store"
    return NewSecret(user_views.row(user), password)


def set_quota(_call: Call, user_id: str, body: QuotaBody) -> UserDetail:
    """Set limits of a user's own project."""
    user = _find(user_id)
    limits = {name: bounded(limit) for name, limit in body.limits.items()}
    operator_changes.set_quota(user, limits)
    return user_views.detail(_find(user_id))


def end_session(_call: Call, user_id: str, session_key: str) -> None:
    """End one of a user's browser sessions."""
    sessions.end(_find(user_id), session_key)


def end_token(_call: Call, user_id: str, audit_id: str) -> None:
    """End one of a user's tokens."""
    user = _find(user_id)
    deleted, _ = Token.objects.filter(user=user, audit_id=audit_id).delete()
    if not deleted:
        raise ItemNotFound("There is no such token; it may have ended already.")
    audit.record("token.ended", subject=user, audit_id=audit_id)


def do_deed(call: Call, body: DeedBody) -> Outcomes:
    """Do something to some users, or tell with `dry_run` what would come of it."""
    chosen = _chosen(body.users)
    order = Order(deed=body.deed, reason=body.reason.strip(), group=body.group)
    act = user_deeds.preview if body.dry_run else user_deeds.carry_out
    found = act(order, chosen, operator(call))
    undo = rules.REVERSE.get(body.deed)
    return Outcomes(
        user_views.outcomes(found), str(undo) if undo else None, body.deed in rules.FINAL
    )


def send_mail(call: Call, body: MailBody) -> Sent:
    """Send a mail to some users, each by themselves."""
    return Sent(operator_changes.send(_chosen(body.users), body.subject, body.text))


def _asked(body: UserChanges) -> dict[str, object]:
    given = msgspec.structs.asdict(body)
    return {name: value for name, value in given.items() if value is not None}


def _search(call: Call) -> PeopleSearch:
    order = call.arg("order") or "desc"
    if order not in ("asc", "desc"):
        raise BadRequest("'order' is asc or desc.")
    return PeopleSearch(
        text=call.arg("q") or "",
        states=tuple(state for state in (call.arg("state") or "").split(",") if state),
        group=call.arg("group") or "",
        method=call.arg("method") or "",
        project=call.arg("project") or "",
        is_admin={"true": True, "false": False}.get(call.arg("is_admin") or ""),
        sort=call.arg("sort") or "joined",
        descending=order == "desc",
    )


def _find(user_id: str) -> User:
    found = User.objects.filter(uuid=user_id).select_related("base_project", "default_project")
    user = found.first()
    if user is None:
        raise ItemNotFound(f"There is no user with the id {user_id}.")
    return user


def _chosen(ids: list[str]) -> list[User]:
    """Answer the users named, in the order they were named."""
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise BadRequest(f"Name 1 to {MOST_AT_ONCE} users at once.")
    by_id = {user.uuid: user for user in User.objects.filter(uuid__in=ids)}
    missing = [uuid for uuid in ids if uuid not in by_id]
    if missing:
        raise ItemNotFound(f"There is no user with the id {missing[0]}.")
    return [by_id[uuid] for uuid in dict.fromkeys(ids)]
