"""What `user-modify` does to one person, in the documented order. Spec: identity 16.2."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management.base import CommandError

from synnefo.astakos.management.guard_changes import change_guards
from synnefo.astakos.models import User
from synnefo.astakos.usecases import (
    activations,
    operator_changes,
    passwords,
    projects,
    terms,
    tokens,
    users,
)

CONTRARY = (
    ("set_admin", "set_noadmin"),
    ("set_active", "set_inactive"),
    ("accept", "reject"),
    ("password", "renew_password"),
)


def check(options: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse contradictions, reasons of nothing, and a command that asks for no change."""
    for one, other in CONTRARY:
        if options[one] and options[other]:
            raise CommandError(f"Give either {_option(one)} or {_option(other)}.")
    for reason, cause in (("reject_reason", "reject"), ("inactive_reason", "set_inactive")):
        if options[reason] and not options[cause]:
            raise CommandError(f"{_option(reason)} goes with {_option(cause)}.")
    more = (options["invitations"], options["level"])
    asked = any(options[name] for name in (*names, "set_base_quota"))
    if not asked and more == (None, None):
        raise CommandError("Say what to change; --help lists what can be.")


def change_state(user: User, options: Mapping[str, Any]) -> None:
    """Change rights and the account's state."""
    if options["set_admin"] or options["set_noadmin"]:
        users.set_flags(user, is_admin=options["set_admin"])
    if options["reject"]:
        users.reject(user, options["reject_reason"] or "")
    if options["verify"]:
        users.verify(user)
    if options["accept"] and not (options["verify"] and user.account.accepted):
        activations.accept(user)
    if options["set_default_project"]:
        projects.set_default(user, projects.find(options["set_default_project"]))
    if options["set_active"]:
        users.activate(user)
    if options["set_inactive"]:
        users.deactivate(user, options["inactive_reason"] or "")


def change_marks(user: User, marks: Mapping[str, int], options: Mapping[str, Any]) -> None:
    """Change invitations, level, groups and permissions."""
    if any(value < 0 for value in marks.values()):
        raise CommandError("Invitations and level are numbers that are not negative.")
    if marks:
        operator_changes.set_marks(user, marks)
    if options["add_group"] or options["delete_group"]:
        users.change_groups(user, options["add_group"], options["delete_group"])
    if options["add_permission"] or options["delete_permission"]:
        operator_changes.change_permissions(
            user, options["add_permission"], options["delete_permission"]
        )


def change_secrets(user: User, options: Mapping[str, Any]) -> dict[str, str]:
    """Change password, token and signature; answer what nobody can look up later."""
    printed: dict[str, str] = {}
    password = options["password"]
    if options["renew_password"]:
        password = printed["password"] = passwords.new_password()
    if password:
        users.set_password(user, password)
    if options["renew_token"]:
        printed["token"] = tokens.renew(user).id
    if options["sign_terms"]:
        terms.sign(user)
    printed.update(change_guards(user, options))
    return printed


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
