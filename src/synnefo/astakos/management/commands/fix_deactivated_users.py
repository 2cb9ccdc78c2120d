"""`snf-manage fix-deactivated-users`. Spec: identity 16.8."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.astakos.management.words import refusals
from synnefo.astakos.models import User
from synnefo.astakos.usecases import maintenance, users
from synnefo.serve.commands import add_output_options, print_list

COLUMNS = ("user", "projects", "memberships")


class Command(BaseCommand):
    """Puts to rest what deactivated users still have in force."""

    help = "Suspend projects and memberships of users deactivated before that was done at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whom to look at, and whether to change anything."""
        add_output_options(parser)
        parser.add_argument("user", nargs="?", help="number, uuid or e-mail address")
        parser.add_argument("--all-users", action="store_true", help="everybody deactivated")
        parser.add_argument("--fix", action="store_true", help="do it; otherwise only tell")
        parser.add_argument("--noemail", action="store_true", help="show uuids, not addresses")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Tell what is in force, and suspend it if asked to."""
        rows = []
        for user in self._people(options):
            found = maintenance.left_running(user)
            if not any(found.values()):
                continue
            rows.append({"user": user.uuid if options["noemail"] else user.email, **found})
            if options["fix"]:
                maintenance.put_to_rest(user)
        print_list(self, rows, COLUMNS, options)
        done = "put to rest" if options["fix"] else "to be put to rest with --fix"
        self.stderr.write(f"{len(rows)} users {done}.")

    @staticmethod
    def _people(options: dict[str, Any]) -> list[User]:
        if bool(options["user"]) == bool(options["all_users"]):
            raise CommandError("Name a user, or give --all-users.")
        if options["all_users"]:
            return maintenance.deactivated()
        with refusals():
            user = users.find(options["user"])
        if user.is_active or not user.account.accepted:
            raise CommandError(f"{user.email} is not deactivated.")
        return [user]
