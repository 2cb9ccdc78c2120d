"""`snf-manage volume-modify`. Spec: compute 16.5."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import OPERATOR, find_volume, refusals, truth
from synnefo.cyclades.models import Volume
from synnefo.cyclades.usecases import volumes
from synnefo.kit import clock


class Command(BaseCommand):
    """Changes a volume."""

    help = "Change a volume's name, description, or whether it goes with its server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to change."""
        parser.add_argument("volume", metavar="ID", help="its id or its disk's name")
        parser.add_argument("--name", help="its new name")
        parser.add_argument("--description", help="its new description")
        parser.add_argument(
            "--delete-on-termination", type=truth, help="True: it goes with its server"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Change it."""
        volume = find_volume(options["volume"])
        with refusals():
            volumes.rename(
                OPERATOR, str(volume.id), name=options["name"], description=options["description"]
            )
        if options["delete_on_termination"] is not None:
            Volume.objects.filter(id=volume.id).update(
                delete_on_termination=options["delete_on_termination"], updated=clock.now()
            )
        self.stdout.write(f"The volume {volume.id} was changed.")
