"""`snf-manage user-modify`. Spec: identity 16.2, 16.10."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from synnefo.astakos.domain.account_states import show
from synnefo.astakos.management import base_quota, user_changes
from synnefo.astakos.management.words import given, refusals
from synnefo.astakos.models import DATABASE, User
from synnefo.astakos.usecases import users
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
    "sign_terms": "note that the user agrees to the terms of use",
    "delete": "delete a user who was never accepted",
}
VALUES = {
    "reject_reason": "why the user is refused",
    "inactive_reason": "why the user is stopped",
    "set_default_project": "project that requests mean when they name none",
    "password": "a new password",
    "set_email": "a new e-mail address",
}
LISTS = {
    "add_group": "put into a group",
    "delete_group": "take out of a group",
    "add_permission": "give a permission, by name",
    "delete_permission": "take a permission away",
}


class Command(BaseCommand):
    """Changes one person, or the limits of all."""

    help = "Change a user: state, rights, password, token, limits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user and the changes."""
        add_output_options(parser)
        parser.add_argument("user", nargs="?", help="number, uuid or e-mail address")
        for name, told in FLAGS.items():
            parser.add_argument("--" + name.replace("_", "-"), action="store_true", help=told)
        for name, told in VALUES.items():
            parser.add_argument("--" + name.replace("_", "-"), help=told)
        for name, told in LISTS.items():
            option = "--" + name.replace("_", "-")
            parser.add_argument(option, action="append", default=[], metavar="NAME", help=told)
        parser.add_argument("--invitations", type=int, metavar="N", help="invitations left")
        parser.add_argument("--level", type=int, metavar="N", help="depth of invitation")
        parser.add_argument(
            *("--set-base-quota", "--base-quota"),
            nargs=2,
            action="append",
            default=[],
            metavar=("RESOURCE", "CAPACITY"),
            help="limit of the user's own project; 'default' for the resource's default",
        )
        parser.add_argument("--all", action="store_true", help="set the limits of all users")
        parser.add_argument("--exclude", default="", metavar="USERS", help="but for these")
        parser.add_argument("-f", "--no-confirm", action="store_true", help="ask nothing")
        parser.add_argument("--dry-run", action="store_true", help="tell, and change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Apply the changes in the documented order, all or none."""
        if options["all"] or options["exclude"]:
            self._change_all(options)
            return
        if not options["user"]:
            raise CommandError("Name a user by number, uuid or e-mail address.")
        with refusals(), transaction.atomic(using=DATABASE):
            user = users.find(options["user"])
            before = show(user.account)
            printed = self._change(user, options)
            if options["dry_run"]:
                self._tell(before, user, printed, options)
                transaction.set_rollback(True, using=DATABASE)
                return
        if printed:
            print_one(self, printed, options)

    def _change(self, user: User, options: dict[str, Any]) -> dict[str, str]:
        if options["delete"]:
            asked = options["no_confirm"] or options["dry_run"]
            confirm(f"Delete {user.email} ({show(user.account)})?", force=asked)
            users.delete(user)
            return {}
        user_changes.check(options, [*FLAGS, *VALUES, *LISTS])
        user_changes.change_state(user, options)
        user_changes.change_marks(user, given(options, "invitations", "level"), options)
        printed = user_changes.change_secrets(user, options)
        if options["set_email"]:
            users.set_email(user, options["set_email"])
        if options["set_base_quota"]:
            self._set_limits(user, options)
        return printed

    def _set_limits(self, user: User, options: dict[str, Any]) -> None:
        changes = base_quota.plan(user, options["set_base_quota"])
        for change in changes:
            self.stderr.write(change.words)
        asked = options["no_confirm"] or options["dry_run"]
        confirm(f"Set these limits of {user.email}?", force=asked)
        base_quota.apply(user, changes)

    def _change_all(self, options: dict[str, Any]) -> None:
        if options["user"] or not options["set_base_quota"]:
            raise CommandError("--all and --exclude go with --set-base-quota and with no user.")
        people = base_quota.everybody(options["exclude"])
        asked = options["no_confirm"] or options["dry_run"]
        confirm(f"Set limits of {len(people)} users?", force=asked)
        with refusals(), transaction.atomic(using=DATABASE):
            for user in people:
                base_quota.apply(user, base_quota.plan(user, options["set_base_quota"]))
            if options["dry_run"]:
                transaction.set_rollback(True, using=DATABASE)
        would = "would be set" if options["dry_run"] else "set"
        self.stderr.write(f"Limits of {len(people)} users {would}.")

    def _tell(
        self, before: str, user: User, printed: dict[str, str], options: dict[str, Any]
    ) -> None:
        after = "deleted" if options["delete"] else show(user.account)
        told = {"user": user.email, "before": before, "after": after}
        told |= dict.fromkeys(printed, "would be made")
        print_one(self, told, options)
        self.stderr.write("Nothing was changed (--dry-run).")
