"""`snf-manage server-show`. Spec: compute 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import find_server
from synnefo.serve.commands import add_output_options, print_one

FACTS = (
    "id",
    "uuid",
    "name",
    "userid",
    "project",
    "shared_to_project",
    "created",
    "updated",
    "imageid",
    "deleted",
    "suspended",
    "operstate",
    "action",
    "task",
    "task_job_id",
    "backendjobid",
    "backendopcode",
    "backendjobstatus",
    "metadata",
    "fault",
)


class Command(BaseCommand):
    """Shows a server as the database knows it."""

    help = "Show a server as the database knows it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which one."""
        add_output_options(parser)
        parser.add_argument("server", metavar="ID", help="its id or its instance's name")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print its facts."""
        one = find_server(options["server"])
        shown = {name: getattr(one, name) for name in FACTS}
        place = {"flavor": one.flavor.name, "backend": str(one.cluster) if one.cluster else None}
        print_one(self, {**shown, **place}, options)
