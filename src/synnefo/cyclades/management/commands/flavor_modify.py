"""`snf-manage flavor-modify`. Spec: compute 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.management.words import OPERATOR, pairs, refusals, truth
from synnefo.cyclades.usecases import flavors


class Command(BaseCommand):
    """Changes a flavor."""

    help = "Change a flavor, or delete it: servers that have it keep it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to change."""
        parser.add_argument("flavor", metavar="ID", help="id of the flavor")
        parser.add_argument("--deleted", type=truth, help="True hides it")
        parser.add_argument("--allow-create", type=truth, help="False: no new servers with it")
        parser.add_argument("--public", type=truth, help="False: only for granted projects")
        parser.add_argument("--spec-add", type=pairs, default={}, help="what to say: k=v,k=v")
        parser.add_argument("--spec-delete", default="", help="what to say no more: k,k")
        parser.add_argument("--grant", metavar="PROJECT", help="let a project use it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Change it."""
        dropped = set(filter(None, options["spec_delete"].split(",")))
        if dropped & options["spec_add"].keys():
            raise CommandError("The same spec cannot be added and deleted at once.")
        with refusals():
            old = flavors.show(OPERATOR, options["flavor"])
            changes: dict[str, Any] = {
                name: options[name]
                for name in ("deleted", "allow_create", "public")
                if options[name] is not None
            }
            kept = {k: v for k, v in old.specs.items() if k not in dropped}
            changes["specs"] = {**kept, **options["spec_add"]}
            changed = flavors.modify(options["flavor"], changes)
            if options["grant"]:
                flavors.grant(changed.id, options["grant"])
        self.stdout.write(f"{changed.name} was changed.")
