"""`snf-manage server-import`. Spec: compute 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.domain import names
from synnefo.cyclades.management.owners import acting_for, uuid_of
from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import OPERATOR, find_cluster, refusals
from synnefo.cyclades.models import Server
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import flavors, imports, plugs, port_plans, server_actions
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.cyclades.usecases.plugs import PortOrder
from synnefo.kit import conf


class Command(BaseCommand):
    """Makes a server of an instance that a cluster has."""

    help = "Make a server of an instance that a cluster has: it is stopped, renamed, started."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which instance, and whose server it becomes."""
        parser.add_argument("instance", metavar="INSTANCE", help="its name on the cluster")
        parser.add_argument("--backend-id", required=True, help="cluster, by id or name")
        parser.add_argument(
            "--user", "--user-id", required=True, help="its owner, by uuid or address"
        )
        parser.add_argument("--project", help="project that is charged; else the user's own")
        parser.add_argument("--image", "--image-id", required=True, help="id of its image")
        parser.add_argument("--flavor", "--flavor-id", required=True, help="id of its flavor")
        parser.add_argument(
            "--new-nics",
            action="store_true",
            help="take its network cards, and plug it into the default networks",
        )
        add_wait_option(parser, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import it."""
        user = uuid_of(options["user"])
        cluster = find_cluster(options["backend_id"])
        with refusals():
            server = imports.take(
                imports.ImportOrder(
                    instance=options["instance"],
                    cluster=cluster,
                    user=user,
                    project=options["project"] or user,
                    image=options["image"],
                    flavor=flavors.show(OPERATOR, options["flavor"]),
                )
            )
            if options["new_nics"]:
                _replace_cards(server)
            server_actions.start(OPERATOR, str(server.id))
        if options["wait"]:
            until_settled(server.id)
        self.stdout.write(f"Imported {options['instance']} as server {server.id}.")


def _replace_cards(server: Server) -> None:
    """Take every card, then make ports on the networks that new servers get."""
    name = names.instance(conf.of(CycladesSettings).backend_prefix_id, server.id)
    compute = engine_of(server.cluster).compute if server.cluster is not None else None
    facts = compute.instance(name) if compute is not None else None
    for nic in facts.nics if facts is not None else ():
        if compute is not None:
            imports.wait_for(compute, compute.unplug(name, nic.name, hotplug=False))
    caller = acting_for(server.userid, server.project)
    for plan in port_plans.plan_for_server(caller, None):
        plugs.create(caller, PortOrder(network_id=str(plan.network_id), server_id=str(server.id)))
        until_settled(server.id)
