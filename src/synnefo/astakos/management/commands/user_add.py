"""`snf-manage user-add`. Spec: identity 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from synnefo.astakos.management.words import refusals
from synnefo.astakos.models import DATABASE, User
from synnefo.astakos.usecases import operator_changes, passwords, tokens, users
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Adds a person."""

    help = "Add a user, who is inactive until verified and accepted (--accept does both at once)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the person's address and name, and what they may do."""
        add_output_options(parser)
        parser.add_argument("email")
        parser.add_argument("first_name", nargs="?", default="")
        parser.add_argument("last_name", nargs="?", default="")
        parser.add_argument("--password", help="a password; one is made and printed if missing")
        parser.add_argument("--admin", action="store_true", help="make the user an administrator")
        parser.add_argument("-g", "--group", action="append", default=[], metavar="GROUP")
        parser.add_argument(
            "-p", "--permission", action="append", default=[], metavar="PERMISSION"
        )
        parser.add_argument("--accept", action="store_true", help="verify and accept at once")
        parser.add_argument(
            "--with-token", action="store_true", help="make an API token too and print it"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Add the user and print what nobody can look up later."""
        with refusals(), transaction.atomic(using=DATABASE):
            facts = self._add(options)
        print_one(self, facts, options)

    def _add(self, options: dict[str, Any]) -> dict[str, str]:
        password = options["password"] or passwords.new_password()
        user = users.add(
            users.NewUser(
                email=options["email"],
                first_name=options["first_name"],
                last_name=options["last_name"],
                password=password,
                is_admin=options["admin"],
                groups=tuple(options["group"]),
            )
        )
        if options["permission"]:
            operator_changes.change_permissions(user, options["permission"], ())
        if options["accept"]:
            self._accept(user)
        facts = {"uuid": user.uuid, "email": user.email}
        if not options["password"]:
            facts["password"] = password
        if options["with_token"]:
            facts["token"] = tokens.renew(users.find(user.uuid)).id
        return facts

    @staticmethod
    def _accept(user: User) -> None:
        users.verify(user)
        if not user.account.accepted:
            users.accept(user)
