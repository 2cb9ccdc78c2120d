"""`snf-manage floating-ip-create`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.operators import network_id
from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import floating_ips
from synnefo.cyclades.usecases.floating_ips import FloatingIpOrder


class Command(BaseCommand):
    """Reserves a floating IP for a user."""

    help = "Reserve a floating IP for a user."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whose it shall be."""
        parser.add_argument("--user", "--owner", required=True, help="uuid of the user")
        parser.add_argument("--network", help="id of the network to take it from")
        parser.add_argument("--address", help="the address, if it matters")
        parser.add_argument("--project", help="project that is charged")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Reserve it."""
        order = FloatingIpOrder(
            network_id=network_id(options["network"]) if options["network"] else None,
            address=options["address"],
            project=options["project"] or options["user"],
            userid=options["user"],
        )
        with refusals():
            made = floating_ips.create(OPERATOR, order)
        self.stdout.write(f"Created floating IP {made.id}: {made.address}.")
