"""`snf-manage flavor-access-add`. Spec: compute 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.models import Flavor
from synnefo.cyclades.usecases import flavors


class Command(BaseCommand):
    """Lets a project use a flavor."""

    help = "Let a project use a flavor that is not public."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take who may use what."""
        parser.add_argument("--project", required=True, help="id of the project")
        parser.add_argument("--flavor", required=True, type=int, help="id of the flavor")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Grant it."""
        if not Flavor.objects.filter(id=options["flavor"], deleted=False).exists():
            raise CommandError(f"There is no flavor {options['flavor']}; see flavor-list.")
        made = flavors.grant(options["flavor"], options["project"])
        self.stdout.write(f"Created access {made.id}.")
