"""`snf-manage quota`, the name that quota-list and quota-verify had. Spec: identity 16.10."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from synnefo.astakos.domain.limits import STYLES
from synnefo.astakos.management.files import read_text
from synnefo.astakos.management.words import amount
from synnefo.astakos.models import DATABASE
from synnefo.astakos.usecases import projects, users
from synnefo.kit.faults import Fault
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Lists, verifies, synchronises or imports limits."""

    help = "List limits and usage (--list), or check (--verify) and set (--sync) the limits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do and for whom."""
        add_output_options(parser)
        parser.add_argument("--list", action="store_true", help="as quota-list")
        parser.add_argument("--verify", action="store_true", help="as quota-verify")
        parser.add_argument("--sync", action="store_true", help="as quota-verify --fix")
        parser.add_argument("--user", help="only this user: number, uuid or e-mail address")
        parser.add_argument("--unit-style", default="mb", choices=STYLES)
        parser.add_argument(
            "--import-base-quota", metavar="FILE", help="lines of: user, resource, capacity"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Pass on to the command of today."""
        out = {"stdout": self.stdout, "stderr": self.stderr}
        form = options["output_format"]
        if options["import_base_quota"]:
            self._import(options["import_base_quota"])
        elif options["verify"] or options["sync"]:
            user, fix = options["user"], options["sync"]
            call_command("quota_verify", fix=fix, user=user, output_format=form, **out)
        else:
            uuid = users.find(options["user"]).uuid if options["user"] else None
            style = options["unit_style"]
            call_command("quota_list", user=uuid, unit_style=style, output_format=form, **out)

    def _import(self, file: str) -> None:
        """Set limits line by line; a bad line is told and the others are applied."""
        failed = 0
        for number, line in enumerate(read_text(file).splitlines(), start=1):
            if not line.strip():
                continue
            try:
                _set_limit(line)
            except (Fault, CommandError, ValueError) as error:
                failed += 1
                self.stderr.write(f"line {number}: {error}")
        if failed:
            raise CommandError(f"{failed} lines were not applied.")


def _set_limit(line: str) -> None:
    who, resource, capacity = line.split()
    user = users.find(who)
    if user.base_project is None:
        raise CommandError(f"{who} is not accepted yet and has no project.")
    limit = amount(capacity)
    with transaction.atomic(using=DATABASE):
        projects.modify(user.base_project, {}, {resource: (limit, limit)})
