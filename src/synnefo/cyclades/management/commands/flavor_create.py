"""`snf-manage flavor-create`. Spec: compute 16.4."""

from argparse import ArgumentParser
from itertools import product
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import numbers, pairs, refusals, truth
from synnefo.cyclades.usecases import flavors
from synnefo.cyclades.usecases.flavors import FlavorSizes


class Command(BaseCommand):
    """Makes flavors."""

    help = "Make a flavor for every combination of the given sizes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the sizes."""
        parser.add_argument("cpu", help="processors, such as 1,2,4")
        parser.add_argument("ram", help="memory in MiB, such as 1024,2048")
        parser.add_argument("disk", help="root disk in GiB, such as 20,40")
        parser.add_argument("volume_type_id", help="volume types, by id")
        parser.add_argument("-n", "--dry-run", action="store_true", help="only tell")
        parser.add_argument("--public", type=truth, default=True, help="for everybody (True)")
        parser.add_argument("--specs", type=pairs, default={}, help="what else to say: k=v,k=v")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make them; those that exist are told."""
        names = ("cpu", "ram", "disk", "volume_type_id")
        lists = [numbers(options[name]) for name in names]
        if options["dry_run"]:
            for cpu, ram, disk, kind in product(*lists):
                self.stdout.write(f"would make C{cpu}R{ram}D{disk} of volume type {kind}")
            return
        with refusals():
            made = flavors.create_all(
                FlavorSizes(*lists), public=options["public"], specs=options["specs"]
            )
        for flavor, fresh in made:
            self.stdout.write(f"{flavor.id} {flavor.name}{'' if fresh else ' (exists already)'}")
