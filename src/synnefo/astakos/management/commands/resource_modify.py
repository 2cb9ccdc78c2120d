"""`snf-manage resource-modify`. Spec: identity 16.4, 16.10."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from synnefo.astakos.domain.limits import STYLES, show_amount
from synnefo.astakos.management.files import read_json
from synnefo.astakos.management.words import amount, refusals, truth
from synnefo.astakos.models import DATABASE, Resource
from synnefo.astakos.usecases import registry
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Changes a resource's defaults, which count for new users and projects."""

    help = "Change a resource's default limits and visibility."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the resource and the changes."""
        add_output_options(parser)
        parser.add_argument("name", nargs="?", help="such as cyclades.vm")
        parser.add_argument(
            "--system-default",
            "--limit",
            "--default-quota",
            metavar="LIMIT",
            dest="uplimit",
            help="what new people get",
        )
        parser.add_argument("--project-default", metavar="LIMIT", help="what new projects get")
        parser.add_argument("--api-visible", metavar="BOOL", help="True: clients see it")
        parser.add_argument(
            "--ui-visible", "--allow-in-projects", metavar="BOOL", help="True: the web shows it"
        )
        parser.add_argument("--limit-from-file", metavar="JSON", help="names and their limits")
        parser.add_argument(
            "--limit-interactive", action="store_true", help="ask for the limit of each resource"
        )
        parser.add_argument("--unit-style", default="mb", choices=STYLES)
        parser.add_argument("--dry-run", action="store_true", help="tell, and change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Apply the changes, all or none."""
        with refusals(), transaction.atomic(using=DATABASE):
            if options["limit_from_file"]:
                self._from_file(options["limit_from_file"])
            elif options["limit_interactive"]:
                self._ask_each(options["name"], options["unit_style"])
            elif options["name"]:
                self._one(options["name"], options)
            else:
                raise CommandError("Name a resource, or give --limit-from-file.")
            if options["dry_run"]:
                transaction.set_rollback(True, using=DATABASE)
                self.stderr.write("Nothing was changed (--dry-run).")

    @staticmethod
    def _ask_each(name: str | None, style: str) -> None:
        """Ask for the limit of each resource, or of one; an empty answer keeps it."""
        found = Resource.objects.order_by("name")
        for resource in found.filter(name=name) if name else found:
            now = show_amount(resource.uplimit, resource.unit, style)
            answer = input(f"{resource.name} ({resource.desc or 'no description'}) [{now}]: ")
            if answer.strip():
                registry.modify_resource(resource.name, {"uplimit": amount(answer)})

    @staticmethod
    def _from_file(file: str) -> None:
        data = read_json(file)
        if not isinstance(data, dict):
            raise CommandError(f"{file} holds no names with limits.")
        for name, limit in data.items():
            registry.modify_resource(str(name), {"uplimit": amount(str(limit))})

    def _one(self, name: str, options: dict[str, Any]) -> None:
        changes: dict[str, Any] = {}
        for field in ("uplimit", "project_default"):
            if options[field] is not None:
                changes[field] = amount(options[field])
        for field in ("api_visible", "ui_visible"):
            if options[field] is not None:
                changes[field] = truth(options[field])
        if not changes:
            raise CommandError("Say what to change; --help lists what can be.")
        asked = set(changes)
        registry.modify_resource(name, changes)
        for field in sorted(set(changes) - asked):
            self.stdout.write(f"{field} was set to {changes[field]} with it.")
