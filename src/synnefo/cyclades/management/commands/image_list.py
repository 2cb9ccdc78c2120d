"""`snf-manage image-list`. Spec: compute 16.6."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import refusals
from synnefo.cyclades.usecases import images
from synnefo.kit import clock
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "name", "user.uuid", "public", "snapshot", "status")
FIELDS = ("size", "disk_format", "created")


class Command(BaseCommand):
    """Lists images."""

    help = "List the images of a user, or the public ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("--user", "--user-id", "-u", default="", help="what this user sees")
        parser.add_argument("--public", action="store_true", help="only public ones")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the images, newest first."""
        with refusals():
            found = images.seen_by(options["user"])
        only_public = options["public"] or not options["user"]
        rows = [
            {
                "id": image.id,
                "name": image.name,
                "user.uuid": image.owner,
                "public": image.is_public,
                "snapshot": image.is_snapshot,
                "status": image.status,
                "size": image.size,
                "disk_format": image.disk_format,
                "created": clock.from_timestamp(image.created),
            }
            for image in sorted(found, key=lambda image: -image.created)
            if image.is_public or not only_public
        ]
        print_list(self, rows, COLUMNS, options, fields=FIELDS)
