"""`snf-manage server-modify`. Spec: compute 16.3."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import OPERATOR, find_server, refusals, truth
from synnefo.cyclades.models import Server
from synnefo.cyclades.usecases import server_actions, servers

ACTIONS: dict[str, Callable[[str], Server]] = {
    "start": lambda server: server_actions.start(OPERATOR, server),
    "stop": lambda server: server_actions.stop(OPERATOR, server),
    "reboot_hard": lambda server: server_actions.reboot(OPERATOR, server, hard=True),
    "reboot_soft": lambda server: server_actions.reboot(OPERATOR, server),
}


class Command(BaseCommand):
    """Changes a server as an administrator."""

    help = "Change a server, whoever owns it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to change."""
        parser.add_argument("server", metavar="ID", help="its id or its instance's name")
        parser.add_argument("--name", help="its new name")
        parser.add_argument("--suspended", type=truth, help="True: its owner cannot change it")
        parser.add_argument("--flavor", help="its new flavor, by id")
        parser.add_argument("--action", choices=sorted(ACTIONS), help="what to do with it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Change it."""
        server = str(find_server(options["server"]).id)
        with refusals():
            if options["name"]:
                servers.rename(OPERATOR, server, name=options["name"])
            if options["suspended"] is not None:
                server_actions.suspend(OPERATOR, server, suspended=options["suspended"])
            if options["flavor"]:
                server_actions.resize(OPERATOR, server, options["flavor"])
            if options["action"]:
                ACTIONS[options["action"]](server)
        self.stdout.write(f"The server {server} was changed.")
