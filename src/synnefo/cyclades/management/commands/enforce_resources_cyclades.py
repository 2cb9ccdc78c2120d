"""`snf-manage enforce-resources-cyclades`. Spec: compute 15.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.domain import enforcement
from synnefo.cyclades.domain.enforcement import Action, Limits, Violation
from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.management.operators import listed
from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import enforcements, volume_plugs
from synnefo.cyclades.usecases.enforcements import Scope
from synnefo.kit import tables
from synnefo.kit.faults import Fault
from synnefo.serve.commands import add_output_options, confirm, print_one

VIOLATIONS = ("#", "Type", "Holder", "Source", "Resource", "Limit", "Usage")
ACTIONS = ("Type", "ID", "State", "Backend", "Action", "Violation", "Result")


class Command(BaseCommand):
    """Brings holders below their limits."""

    help = "Show who holds more than allowed and what has to go; with --fix, let it go."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which resources, of whom, and how far to go."""
        add_output_options(parser)
        parser.add_argument("--list-resources", action="store_true", help="list them and leave")
        parser.add_argument("--resources", metavar="A,B", help="enforce these; else all")
        parser.add_argument("--soft-resources", metavar="A,B", help="enforce these, but softly")
        for name in ("users", "exclude-users", "projects", "exclude-projects"):
            parser.add_argument(f"--{name}", metavar="A,B", help="by uuid")
        parser.add_argument("--max-operations", type=int, metavar="N", help="on each cluster")
        parser.add_argument(
            "--remove-system-volumes", action="store_true", help="root disks go with their servers"
        )
        parser.add_argument(
            "--cascade-remove", action="store_true", help="the same as --remove-system-volumes"
        )
        parser.add_argument("--fix", action="store_true", help="do what is suggested")
        parser.add_argument("-f", "--force", action="store_true", help="do not ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print who and what; do it when asked."""
        if options["list_resources"]:
            self.stdout.write("\n".join(enforcement.HARD))
            return
        soft, hard = _resources(options)
        with refusals():
            found = enforcements.violations({*soft, *hard}, _scope(options))
            actions = enforcements.plan(found, soft=soft, limits=_limits(options))
        if options["fix"] and any(one.deed == "REMOVE" for one in actions):
            confirm("Remove what is listed for good?", force=options["force"])
        results = [self._result(one) if options["fix"] else None for one in actions]
        self._print(found, list(zip(actions, results, strict=True)), options)

    def _result(self, action: Action) -> str:
        try:
            enforcements.carry_out(OPERATOR, action, remove_volume=volume_plugs.delete)
        except Fault as fault:
            return f"ERROR: {fault.message}"
        except EngineError as error:
            return f"ERROR: {error}"
        return "OK"

    def _print(
        self,
        found: list[Violation],
        actions: list[tuple[Action, str | None]],
        options: dict[str, Any],
    ) -> None:
        first = [_violation(number, one) for number, one in enumerate(found, 1)]
        second = [_action(one, found.index(one.violation) + 1, result) for one, result in actions]
        if options["output_format"] == "json":
            print_one(self, {"violations": first, "actions": second}, options)
            return
        if not found:
            self.stderr.write("Nobody holds more than allowed.")
            return
        shape = options["output_format"]
        columns = ACTIONS if options["fix"] else ACTIONS[:-1]
        self.stdout.write("Violations")
        self.stdout.write(tables.render(first, VIOLATIONS, shape))
        self.stdout.write("\nApplied Actions" if options["fix"] else "\nSuggested Actions")
        self.stdout.write(tables.render(second, columns, shape) if second else "none")


def _resources(options: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    soft, hard = listed(options["soft_resources"]), listed(options["resources"])
    for name, known in ((soft, enforcement.SOFT), (hard, enforcement.HARD)):
        unknown = [one for one in name if one not in known]
        if unknown:
            raise CommandError(
                f"Not enforced: {', '.join(unknown)}. There are {', '.join(known)}."
            )
    if set(soft) & set(hard):
        raise CommandError("A resource is enforced either softly or not.")
    return soft, hard if hard or soft else enforcement.HARD


def _scope(options: dict[str, Any]) -> Scope:
    return Scope(
        users=listed(options["users"]),
        exclude_users=listed(options["exclude_users"]),
        projects=listed(options["projects"]),
        exclude_projects=listed(options["exclude_projects"]),
    )


def _limits(options: dict[str, Any]) -> Limits:
    return Limits(
        most=options["max_operations"],
        system_volumes=options["remove_system_volumes"] or options["cascade_remove"],
    )


def _violation(number: int, one: Violation) -> dict[str, Any]:
    return {
        "#": number,
        "Type": "user" if one.user else "project",
        "Holder": one.user or one.project,
        "Source": one.project if one.user else None,
        "Resource": one.resource,
        "Limit": one.limit,
        "Usage": one.usage,
    }


def _action(one: Action, number: int, result: str | None) -> dict[str, Any]:
    return {
        "Type": str(one.item.kind),
        "ID": one.item.id,
        "State": one.item.state,
        "Backend": one.item.backend,
        "Action": str(one.deed),
        "Violation": number,
        "Result": result,
    }
