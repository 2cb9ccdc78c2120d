"""`snf-manage volume-inspect`. Spec: compute 16.5."""

from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from synnefo.cyclades.domain import names
from synnefo.cyclades.management.volume_rows import details
from synnefo.cyclades.management.words import find_volume, refusals
from synnefo.cyclades.models import Volume
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.kit import conf
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows a volume and the disk that its cluster has of it."""

    help = "Show a volume, and the disk that its server's cluster has of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which one."""
        add_output_options(parser)
        parser.add_argument("volume", metavar="ID", help="its id or its disk's name")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print both views."""
        volume = find_volume(options["volume"])
        with refusals():
            disk = _disk(volume)
        told: dict[str, Any] = {"database": details(volume), "cluster": disk}
        if options["output_format"] == "json":
            print_one(self, told, options)
            return
        print_one(self, told["database"], options)
        self.stdout.write("")
        if disk is None:
            self.stdout.write("No cluster has a disk of it.")
        else:
            print_one(self, disk, options)


def _disk(volume: Volume) -> dict[str, Any] | None:
    server = volume.server
    if server is None or server.cluster is None:
        return None
    prefix = conf.of(CycladesSettings).backend_prefix_id
    facts = engine_of(server.cluster).compute.instance(names.instance(prefix, server.id))
    for index, disk in enumerate(facts.disks if facts is not None else ()):
        if names.volume_of(prefix, disk.name) == volume.id:
            told: dict[str, Any] = msgspec.to_builtins(disk)
            return {"instance": names.instance(prefix, server.id), "index": index, **told}
    return None
