"""`snf-manage network-show`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import details
from synnefo.cyclades.management.operators import network_id
from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import networks
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows a network."""

    help = "Show a network."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the network."""
        add_output_options(parser)
        parser.add_argument("network", metavar="ID", help="id or name on clusters")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        with refusals():
            network = networks.visible(OPERATOR, network_id(options["network"]))
        print_one(self, details(network), options)
