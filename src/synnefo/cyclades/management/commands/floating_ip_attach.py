"""`snf-manage floating-ip-attach`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.owners import acting_for
from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import OPERATOR, find_server, refusals
from synnefo.cyclades.usecases import floating_ips, plugs
from synnefo.cyclades.usecases.plugs import PortOrder


class Command(BaseCommand):
    """Plugs a floating IP into a server."""

    help = "Give a server a floating IP, on a new port."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which goes where."""
        parser.add_argument("floating_ip", metavar="ID", help="id of the floating IP")
        parser.add_argument("--machine", "--server", required=True, help="id of the server")
        add_wait_option(parser, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Plug it in."""
        server = find_server(options["machine"])
        with refusals():
            ip = floating_ips.visible(OPERATOR, options["floating_ip"])
            order = PortOrder(
                network_id=str(ip.network_id), address=ip.address, server_id=str(server.id)
            )
            port = plugs.create(acting_for(ip.userid or server.userid), order)
        if options["wait"]:
            until_settled(server.id)
        self.stdout.write(f"{ip.address} is on port {port.id} of server {server.id}.")
