"""`snf-manage floating-ip-detach`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import floating_ips, plugs


class Command(BaseCommand):
    """Pulls a floating IP out of its server."""

    help = "Take a floating IP from its server; its user keeps it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which one."""
        parser.add_argument("floating_ip", metavar="ID", help="id of the floating IP")
        add_wait_option(parser, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Pull it out."""
        with refusals():
            ip = floating_ips.visible(OPERATOR, options["floating_ip"])
            if ip.port is None:
                raise CommandError(f"{ip.address} is on no server.")
            server = ip.port.server_id
            plugs.delete_port(OPERATOR, str(ip.port_id))
        if server is not None and options["wait"]:
            until_settled(server)
        self.stdout.write(f"{ip.address} is free.")
