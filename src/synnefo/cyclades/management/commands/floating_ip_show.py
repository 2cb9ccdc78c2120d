"""`snf-manage floating-ip-show`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import of_floating_ip
from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import floating_ips
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows a floating IP."""

    help = "Show a floating IP."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the floating IP."""
        add_output_options(parser)
        parser.add_argument("ip", metavar="ID", help="id of the floating IP")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        with refusals():
            found = floating_ips.visible(OPERATOR, options["ip"])
        print_one(self, of_floating_ip(found), options)
