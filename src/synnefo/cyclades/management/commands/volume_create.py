"""`snf-manage volume-create`. Spec: compute 16.5."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.management.owners import acting_for, uuid_of
from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import find_server, refusals
from synnefo.cyclades.usecases import volume_plugs, volumes
from synnefo.cyclades.usecases.volumes import VolumeOrder


class Command(BaseCommand):
    """Makes a volume."""

    help = "Make a volume for a user, and attach it to a server if one is named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what it shall be like."""
        parser.add_argument("--name", default="", help="its name")
        parser.add_argument("--description", help="what it is for")
        parser.add_argument("--user", "--owner", help="its owner; else the server's")
        parser.add_argument("--project-id", "--project", help="project that is charged")
        parser.add_argument("-s", "--size", type=int, required=True, help="its size in GiB")
        parser.add_argument("--source", metavar="image:ID", help="what it is a copy of")
        parser.add_argument("--server", help="server that it is attached to")
        parser.add_argument("--volume-type", help="its type, by id or name")
        add_wait_option(parser, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make it."""
        server = find_server(options["server"]) if options["server"] else None
        if server is None and not options["user"]:
            raise CommandError("Say whose volume it is (--user), or which server gets it.")
        user = uuid_of(options["user"]) if options["user"] else server and server.userid
        project = options["project_id"] or (server.project if server else None)
        caller = acting_for(str(user), project)
        with refusals():
            made = volumes.create(caller, _order(options))
            if server is not None:
                volume_plugs.attach(caller, str(server.id), str(made.id))
        if server is not None and options["wait"]:
            until_settled(server.id)
        self.stdout.write(f"Created volume {made.id}.")


def _order(options: dict[str, Any]) -> VolumeOrder:
    source = options["source"] or ""
    kind, _, image = source.partition(":")
    if source and (kind != "image" or not image):
        raise CommandError(f"'{source}' is no source of a volume. Write image:ID.")
    return VolumeOrder(
        size=options["size"],
        name=options["name"],
        description=options["description"],
        kind=options["volume_type"],
        image_id=image or None,
    )
