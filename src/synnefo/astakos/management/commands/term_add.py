"""`snf-manage term-add`. Spec: identity 13.9, 16.8."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import terms
from synnefo.serve.commands import add_output_options, confirm, print_one


class Command(BaseCommand):
    """Brings a version of the terms of use into force."""

    help = "Add a version of the terms of use; everybody has to agree anew before going on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, which stays where it is: pages read it there."""
        add_output_options(parser)
        parser.add_argument("file", type=Path, help="HTML file, read each time it is shown")
        parser.add_argument("-f", "--no-confirm", action="store_true", help="ask nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Add the terms and print their number."""
        question = "Nobody can use the cloud until they have agreed. Go on?"
        confirm(question, force=options["no_confirm"] or not sys.stdin.isatty())
        with refusals():
            made = terms.add(options["file"])
        print_one(self, {"id": made.pk, "location": made.location}, options)
