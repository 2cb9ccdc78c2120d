"""The administrators' API of users, where the settings switch it on. Spec: identity 10.1."""

from typing import Any

import msgspec

from synnefo.astakos.api.account.people import choose_default
from synnefo.astakos.api.bodies import check_json
from synnefo.astakos.models import AuthProvider, User
from synnefo.astakos.settings import AdminSettings
from synnefo.astakos.usecases import admin_users, groups, tokens, users
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound
from synnefo.serve.http import Call

NAMES = ("username", "first_name", "last_name", "password", "affiliation")


class NewUser(msgspec.Struct):
    """A user to add; a password is made when none is given."""

    username: str
    first_name: str = ""
    last_name: str = ""
    password: str | None = None
    affiliation: str | None = None
    metadata: dict[str, object] | None = None


class AddUser(msgspec.Struct):
    """The body of an addition."""

    user: NewUser


class Changes(msgspec.Struct):
    """What to change; what is missing stays."""

    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    password: str | None = None
    affiliation: str | None = None
    metadata: dict[str, object] | None = None


class ChangeUser(msgspec.Struct):
    """The body of a change."""

    user: Changes


class Deactivate(msgspec.Struct):
    """Why a user is stopped."""

    reason: str | None = None


class DefaultProject(msgspec.Struct):
    """The project that a user's requests mean."""

    project_id: str = ""


class Action(msgspec.Struct, rename="camel"):
    """One action, under its name."""

    activate: dict[str, object] | None = None
    deactivate: Deactivate | None = None
    renew_token: dict[str, object] | None = None
    sign_terms: dict[str, object] | None = None
    set_default_project: DefaultProject | None = None


def list_users(call: Call) -> dict[str, list[dict[str, Any]]]:
    """List all users, without dates."""
    _check(call)
    return {"users": [_view(user) for user in _all()]}


def list_details(call: Call) -> dict[str, list[dict[str, Any]]]:
    """List all users with dates."""
    _check(call)
    return {"users": [_detail(user) for user in _all()]}


def show_user(call: Call, user_id: str) -> dict[str, dict[str, Any]]:
    """Show one user."""
    _check(call)
    return {"user": _detail(_find(user_id))}


def add_user(call: Call, body: AddUser) -> dict[str, dict[str, str]]:
    """Add a user, verified and accepted at once; password and token are shown this once."""
    _check(call)
    check_json(call)
    wanted = body.user
    made = admin_users.add(
        users.NewUser(
            email=wanted.username,
            first_name=wanted.first_name,
            last_name=wanted.last_name,
            password=wanted.password or "",
        ),
        wanted.affiliation or "",
        wanted.metadata or {},
    )
    call.reply_headers["Cache-Control"] = "no-store"
    shown = {"id": made.user.uuid, "password": made.password, "auth_token": made.token}
    return {"user": shown}


def change_user(call: Call, user_id: str, body: ChangeUser) -> dict[str, dict[str, Any]]:
    """Change a user; another `username` is another e-mail address, too."""
    _check(call)
    check_json(call)
    user = _find(user_id)
    given = {name: getattr(body.user, name) for name in NAMES}
    changes = {name: value for name, value in given.items() if value is not None}
    admin_users.change(user, changes, body.user.metadata)
    return {"user": _detail(_find(user_id))}


def act_on_user(call: Call, user_id: str, body: Action) -> dict[str, dict[str, Any]]:
    """Activate, deactivate, renew the token, sign the terms or set the default project."""
    _check(call)
    check_json(call)
    asked = [name for name, value in msgspec.structs.asdict(body).items() if value is not None]
    if len(asked) != 1:
        raise BadRequest("Name one action: activate, deactivate, renewToken, signTerms, ...")
    user = _find(user_id)
    call.reply_headers["Cache-Control"] = "no-store"
    return {"user": {"id": user.uuid, **_done(user, body)}}


def _done(user: User, body: Action) -> dict[str, Any]:
    if body.activate is not None:
        return {"is_active": admin_users.activate(user)}
    if body.deactivate is not None:
        return {"is_active": admin_users.deactivate(user, body.deactivate.reason or "")}
    if body.renew_token is not None:
        return {"auth_token": tokens.renew(user).id}
    if body.sign_terms is not None:
        admin_users.sign_terms(user)
        user.refresh_from_db()
        return {"has_signed_terms": user.has_signed_terms}
    wanted = body.set_default_project or DefaultProject()
    choose_default(user, wanted.project_id)
    return {"default_project": wanted.project_id}


def _check(call: Call) -> None:
    """Refuse everybody where the API is off, and those who are in none of its groups."""
    settings = conf.of(AdminSettings)
    if not settings.astakos_admin_api_enabled:
        raise BadRequest("This API is switched off here.")
    if not set(call.who.groups) & set(settings.astakos_admin_api_permitted_groups):
        raise Forbidden("Only members of the groups that may use this API may do this.")


def _all() -> list[User]:
    found = User.objects.filter(deleted_at=None).order_by("pk")
    return list(found.prefetch_related("auth_providers", "member_groups"))


def _find(uuid: str) -> User:
    user = User.objects.filter(uuid=uuid).select_related("default_project").first()
    if user is None:
        raise ItemNotFound(f"There is no user with the id {uuid}.")
    return user


def _view(user: User) -> dict[str, Any]:
    return {
        "id": user.uuid,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "is_active": user.is_active,
        "is_rejected": user.is_rejected,
        "deactivated_reason": user.deactivated_reason or None,
        "accepted_policy": user.accepted_policy or None,
        "rejected_reason": user.rejected_reason or None,
        "roles": list(groups.names_of(user)),
        "authentication_methods": [_method(user, one) for one in user.auth_providers.all()],
    }


def _method(user: User, one: AuthProvider) -> dict[str, Any]:
    return {
        "identifier": user.email if one.auth_backend == "astakos" else one.identifier,
        "active": one.active,
        "affiliation": one.affiliation or None,
        "backend": one.auth_backend,
        "metadata": one.info_data,
    }


def _detail(user: User) -> dict[str, Any]:
    token = user.tokens.filter(kind="api").first()
    expires = token.expires_at if token is not None else None
    moments = {
        "date_joined": user.date_joined,
        "moderated_at": user.moderated_at,
        "verified_at": user.verified_at,
        "auth_token_expires": expires,
    }
    told = {name: moment.isoformat() if moment else None for name, moment in moments.items()}
    return {**_view(user), **told}
