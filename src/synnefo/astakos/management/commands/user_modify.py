"""`snf-manage user-modify`. Spec: identity 16.2, 16.10."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from synnefo.astakos.domain.account_states import show
from synnefo.astakos.management.words import amount, refusals
from synnefo.astakos.models import DATABASE, Resource, User
from synnefo.astakos.usecases import (
    activations,
    factor_changes,
    password_changes,
    passwords,
    projects,
    sessions,
    tokens,
    users,
)
from synnefo.serve.commands import add_output_options, confirm, print_one

FLAGS = {
    "set_admin": "make the user an administrator",
    "set_noadmin": "make the user an ordinary one",
    "reject": "refuse a user who waits to be let in",
    "verify": "take the e-mail address as the user's",
    "accept": "let the user in",
    "set_active": "let a deactivated user work again",
    "set_inactive": "stop the user from working",
    "renew_password": "make a new password and print it",
    "renew_token": "make a new API token and print it",
    "expire_password": "make the user choose a new password at the next sign-in",
    "reset_second_factor": "remove the authenticator app, passkeys and recovery codes",
    "end_sessions": "sign the user out of every browser",
    "delete": "delete a user who was never accepted",
}
VALUES = {
    "reject_reason": "why the user is refused",
    "inactive_reason": "why the user is stopped",
    "set_default_project": "project that requests mean when they name none",
    "password": "a new password",
    "set_email": "a new e-mail address",
}


class Command(BaseCommand):
    """Changes one person."""

    help = "Change a user: state, rights, password, token, limits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user and the changes."""
        add_output_options(parser)
        parser.add_argument("user", help="number, uuid or e-mail address")
        for name, told in FLAGS.items():
            parser.add_argument("--" + name.replace("_", "-"), action="store_true", help=told)
        for name, told in VALUES.items():
            parser.add_argument("--" + name.replace("_", "-"), help=told)
        parser.add_argument(
            "--add-group", action="append", default=[], metavar="GROUP", help="put into a group"
        )
        parser.add_argument(
            "--delete-group",
            action="append",
            default=[],
            metavar="GROUP",
            help="take out of a group",
        )
        parser.add_argument(
            "--set-base-quota",
            "--base-quota",
            nargs=2,
            action="append",
            default=[],
            metavar=("RESOURCE", "CAPACITY"),
            help="limit of the user's own project; 'default' for the resource's default",
        )
        parser.add_argument("-f", "--no-confirm", action="store_true", help="ask nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Apply the changes in the documented order, all or none."""
        with refusals(), transaction.atomic(using=DATABASE):
            user = users.find(options["user"])
            if options["delete"]:
                confirm(
                    f"Delete {user.email} ({show(user.account)})?", force=options["no_confirm"]
                )
                users.delete(user)
                return
            _change_state(user, options)
            _change_rights(user, options)
            for resource, capacity in options["set_base_quota"]:
                _set_base_quota(user, resource, capacity)
            printed = _change_secrets(user, options)
        if printed:
            print_one(self, printed, options)


def _change_state(user: User, options: dict[str, Any]) -> None:
    if options["reject"]:
        users.reject(user, options["reject_reason"] or "")
    if options["verify"]:
        users.verify(user)
    if options["accept"] and not (options["verify"] and user.account.accepted):
        activations.accept(user)
    if options["set_active"]:
        users.activate(user)
    if options["set_inactive"]:
        users.deactivate(user, options["inactive_reason"] or "")


def _change_rights(user: User, options: dict[str, Any]) -> None:
    if options["set_admin"] and options["set_noadmin"]:
        raise CommandError("Give either --set-admin or --set-noadmin.")
    if options["set_admin"] or options["set_noadmin"]:
        users.set_flags(user, is_admin=options["set_admin"])
    if options["set_default_project"]:
        projects.set_default(user, projects.find(options["set_default_project"]))
    if options["add_group"] or options["delete_group"]:
        users.change_groups(user, options["add_group"], options["delete_group"])
    if options["set_email"]:
        users.set_email(user, options["set_email"])


def _change_secrets(user: User, options: dict[str, Any]) -> dict[str, str]:
    printed: dict[str, str] = {}
    password = options["password"]
    if options["renew_password"]:
        password = printed["password"] = passwords.new_password()
    if password:
        users.set_password(user, password)
    if options["renew_token"]:
        printed["token"] = tokens.renew(user).id
    if options["expire_password"]:
        password_changes.expire(user)
    if options["reset_second_factor"]:
        printed["second factors removed"] = str(factor_changes.reset(user))
    if options["end_sessions"]:
        printed["sessions ended"] = str(sessions.end_others(user, None))
    return printed


def _set_base_quota(user: User, name: str, capacity: str) -> None:
    if user.base_project is None:
        raise CommandError("The user is not accepted yet and has no project.")
    resource = Resource.objects.filter(name=name).first()
    if resource is None:
        raise CommandError(f"There is no resource named {name}.")
    limit = resource.uplimit if capacity == "default" else amount(capacity)
    projects.modify(user.base_project, {}, {name: (limit, limit)})
