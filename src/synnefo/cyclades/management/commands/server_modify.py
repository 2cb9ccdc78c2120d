"""`snf-manage server-modify`. Spec: compute 16.3, 16.9."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.management.operators import listed
from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import OPERATOR, find_server, refusals, truth
from synnefo.cyclades.models import Server
from synnefo.cyclades.usecases import owners, server_actions, servers

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
        parser.add_argument("--user", "--owner", metavar="UUID", help="its new owner")
        parser.add_argument("--suspended", type=truth, help="True: its owner cannot change it")
        parser.add_argument("--set-suspended", dest="suspended", action="store_true", default=None)
        parser.add_argument("--set-unsuspended", dest="suspended", action="store_false")
        parser.add_argument("--flavor", help="its new flavor, by id")
        parser.add_argument("--action", choices=sorted(ACTIONS), help="what to do with it")
        parser.add_argument("--tag-add", metavar="A,B", help="add these tags")
        parser.add_argument("--tag-delete", metavar="A,B", help="take these tags off")
        parser.add_argument("--tag-delete-all", action="store_true", help="take all tags off")
        parser.add_argument("--tag-replace-all", metavar="A,B", help="these tags and no others")
        add_wait_option(parser, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Change it."""
        row = find_server(options["server"])
        server = str(row.id)
        with refusals():
            if options["name"]:
                servers.rename(OPERATOR, server, name=options["name"])
            if options["user"]:
                _hand_over(server, options["user"])
            if options["suspended"] is not None:
                server_actions.suspend(OPERATOR, server, suspended=options["suspended"])
            _tag(server, options)
            if options["flavor"]:
                server_actions.resize(OPERATOR, server, options["flavor"])
            if options["action"]:
                ACTIONS[options["action"]](server)
        if options["wait"] and (options["flavor"] or options["action"]):
            until_settled(row.id)
        self.stdout.write(f"The server {server} was changed.")


def _hand_over(server: str, user: str) -> None:
    if "@" in user:
        raise CommandError("Name the new owner by uuid, not by address.")
    owners.hand_over(server, user)


def _tag(server: str, options: dict[str, Any]) -> None:
    row = servers.show(OPERATOR, server)
    before = servers.tags_of(row)
    after = [] if options["tag_delete_all"] else list(before)
    if options["tag_replace_all"] is not None:
        after = list(listed(options["tag_replace_all"]))
    after += [tag for tag in listed(options["tag_add"]) if tag not in after]
    gone = set(listed(options["tag_delete"]))
    after = [tag for tag in after if tag not in gone]
    if after != before:
        servers.replace_tags(OPERATOR, server, after)
