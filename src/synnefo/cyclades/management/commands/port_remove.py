"""`snf-manage port-remove`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.operators import port_id
from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import plugs, ports
from synnefo.serve.commands import confirm, each


class Command(BaseCommand):
    """Removes ports."""

    help = "Remove ports; those of servers go once their cluster let go of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the ports."""
        parser.add_argument("ports", metavar="ID", nargs="+", help="ids or names on clusters")
        parser.add_argument("-f", "--force", action="store_true", help="do not ask")
        add_wait_option(parser, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Remove them."""
        confirm(f"Remove {len(options['ports'])} port(s)?", force=options["force"])
        each(self, options["ports"], lambda name: self._remove(name, options["wait"]))

    def _remove(self, name: str, wait: bool) -> None:
        with refusals():
            server = ports.visible(OPERATOR, port_id(name)).server_id
            plugs.delete_port(OPERATOR, port_id(name))
        if server is not None and wait:
            until_settled(server)
        self.stdout.write(f"Port {name} is {'' if wait else 'being '}removed.")
