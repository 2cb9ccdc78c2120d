"""`snf-manage server-list`. Spec: compute 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import QuerySet

from synnefo.cyclades.management.owners import add_owner_options, of_owner, with_mails
from synnefo.cyclades.management.words import find_cluster
from synnefo.cyclades.models import Server
from synnefo.cyclades.usecases import ports
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "name", "user.uuid", "state", "flavor", "image.id", "backend")
FIELDS = ("ipv4", "ipv6", "created", "deleted", "suspended", "project", "task")


class Command(BaseCommand):
    """Lists servers."""

    help = "List the servers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options and what to keep."""
        add_list_options(parser)
        parser.add_argument("--suspended", action="store_true", help="only suspended ones")
        parser.add_argument("--backend-id", help="only those of a cluster")
        parser.add_argument("--build", action="store_true", help="only those being built")
        add_owner_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the servers."""
        found = list(_chosen(options).select_related("flavor__volume_type", "cluster"))
        held = ports.addresses_of([one.id for one in found])
        rows = []
        for one in found:
            addresses = [ip for port in held.get(one.id, []) for ip in port.addresses]
            told = {
                f"ipv{version}": [ip.address for ip in addresses if ip.version == version]
                for version in (4, 6)
            }
            rows.append({**_row(one), **told})
        columns = with_mails(rows, COLUMNS, options)
        print_list(self, rows, columns, options, fields=FIELDS)


def _chosen(options: dict[str, Any]) -> "QuerySet[Server]":
    found = of_owner(Server.objects.order_by("id").defer("guest"), options)
    if options["suspended"]:
        found = found.filter(suspended=True)
    if options["build"]:
        found = found.filter(operstate="BUILD")
    if options["backend_id"]:
        found = found.filter(cluster=find_cluster(options["backend_id"]))
    return found


def _row(one: Server) -> dict[str, Any]:
    building = f" ({one.buildpercentage}%)" if one.operstate == "BUILD" else ""
    return {
        "id": one.id,
        "name": one.name,
        "user.uuid": one.userid,
        "state": f"{one.operstate}{building}",
        "flavor": one.flavor.name,
        "image.id": one.imageid,
        "backend": one.cluster.clustername if one.cluster else None,
        "created": one.created,
        "deleted": one.deleted,
        "suspended": one.suspended,
        "project": one.project,
        "task": one.task,
    }
