"""`snf-manage image-show`. Spec: compute 16.6."""

from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import refusals
from synnefo.cyclades.usecases import images
from synnefo.kit import clock
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows an image."""

    help = "Show an image that a user sees, or a public one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the image."""
        add_output_options(parser)
        parser.add_argument("image", metavar="ID", help="id of the image")
        parser.add_argument("--user", "-u", default="", help="who sees it, unless it is public")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        with refusals():
            found = images.seen_as(options["user"], options["image"])
        times = {"created": found.created, "updated": found.updated}
        moments = {key: clock.from_timestamp(when) for key, when in times.items()}
        print_one(self, msgspec.structs.asdict(found) | moments, options)
