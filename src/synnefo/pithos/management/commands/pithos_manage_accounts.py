"""`pithos-manage-accounts`, also in `snf-manage`. Spec: object-storage 19.2, operations 6.4."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from synnefo.kit.faults import Fault
from synnefo.kit.units import human_size
from synnefo.pithos.engines import quota
from synnefo.pithos.management import account_forms
from synnefo.pithos.usecases import account_merges, account_removal, container_limits, holdings
from synnefo.serve.commands import print_list


class Command(BaseCommand):
    """Lists, merges, limits and removes accounts."""

    help = "List, merge, limit and remove the accounts of Pithos."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one of the commands, or the options that named them formerly."""
        account_forms.add_commands(parser)
        account_forms.add_former_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what is asked."""
        try:
            match account_forms.asked(options):
                case "list":
                    self._list(options)
                case "delete":
                    self._delete(options["account"], is_dry=options["dry"])
                case "merge":
                    self._merge(options["source"], options["target"], is_dry=options["dry"])
                case "export-quota":
                    self._export_quota(options["location"])
                case "set-container-quota":
                    self._set_container_quota(options)
                case _:
                    self._check_statistics(options)
        except Fault as fault:
            raise CommandError(fault.message) from fault

    def _list(self, options: dict[str, Any]) -> None:
        names = holdings.accounts(is_duplicate=options["duplicate"])
        print_list(self, [{"account": name} for name in names], ("account",), options)

    def _delete(self, account: str, *, is_dry: bool) -> None:
        held = holdings.of_account(account)
        self._tell("Objects that will go:", held.objects)
        self._tell("Containers that will go:", held.containers)
        self._tell("Groups that will go:", held.groups)
        self.stdout.write(f"Former versions that will go: {held.former}")
        self._ask(f"Delete the account {account} for good?", is_dry=is_dry)
        freed = account_removal.remove(account, dry_run=is_dry)
        done = "would be deleted" if is_dry else "was deleted"
        self.stdout.write(f"{account} {done}; {human_size(freed)} of quota {_are(is_dry)} free.")

    def _merge(self, source: str, target: str, *, is_dry: bool) -> None:
        held = holdings.of_account(source)
        holdings.check_known(target)
        self._tell(f"Objects that move to {target}:", held.objects)
        self._tell(f"Groups that move to {target}:", held.groups)
        self.stdout.write(f"Former versions that move with them: {held.former}")
        self._ask(f"Move all of {source} into {target}?", is_dry=is_dry)
        told = account_merges.merge(source, target, dry_run=is_dry)
        self._tell("Containers made:", told.containers)
        self._tell("Objects that got a new version:", told.replaced)
        moved = f"{told.objects} objects of {human_size(told.size)}, {told.former} former versions"
        done = "would be moved" if is_dry else "were moved"
        self.stdout.write(f"{moved} and {told.groups} groups {done}.")

    def _export_quota(self, location: str) -> None:
        known = holdings.local_quotas()
        lines = [f"{name} {quota.RESOURCE} {size}\n" for name, size in known.items()]
        try:
            Path(location).write_text("".join(lines))
        except OSError as error:
            raise CommandError(f"{location} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"The quota of {len(lines)} accounts was written to {location}.")

    def _set_container_quota(self, options: dict[str, Any]) -> None:
        told = container_limits.set_quota(
            options["container"],
            options["quota"],
            account=options["account"] or "",
            dry_run=options["dry"],
        )
        done = "would be set" if options["dry"] else "was set"
        self.stdout.write(
            f"The quota {done} in {len(told.done)} accounts; "
            f"{len(told.failed)} have no container '{options['container']}'."
        )
        if options["report"]:
            self._tell("Accounts where it failed:", told.failed)

    def _check_statistics(self, options: dict[str, Any]) -> None:
        call_command(
            "reconcile_statistics_pithos",
            account=options["account"],
            fix=options["fix"],
            stdout=self.stdout,
        )

    def _tell(self, title: str, names: list[str]) -> None:
        self.stdout.write(f"{title} {len(names) or 'none'}")
        for name in names:
            self.stdout.write(f"  {name}")

    def _ask(self, question: str, *, is_dry: bool) -> None:
        """Go on when the answer is `yes` in full; a dry run changes nothing and need not ask."""
        if is_dry:
            return
        self.stdout.write(f"{question} Type 'yes' to go on: ", ending="")
        self.stdout.flush()
        try:
            answer = input()
        except EOFError:
            answer = ""
        if answer.strip() != "yes":
            raise CommandError("Nothing was changed.")


def _are(is_dry: bool) -> str:
    return "would be" if is_dry else "are"
