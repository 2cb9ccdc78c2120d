"""`snf-manage server-inspect`. Spec: compute 16.3."""

from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from synnefo.cyclades.domain import names
from synnefo.cyclades.domain.instances import InstanceFacts
from synnefo.cyclades.management.words import find_server, refusals
from synnefo.cyclades.models import Server
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import ports
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.kit import clock, conf
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows a server as the database and its cluster know it."""

    help = "Show a server as the database and as its cluster know it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which one."""
        add_output_options(parser)
        parser.add_argument("server", metavar="ID", help="its id or its instance's name")
        parser.add_argument("--jobs", action="store_true", help="show its last job, too")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print both views, one below the other."""
        server = find_server(options["server"])
        print_one(self, _known(server), options)
        if server.cluster is None:
            self.stdout.write("The server's cluster is no longer known.")
            return
        with refusals():
            compute = engine_of(server.cluster).compute
            facts = compute.instance(_name(server))
            job = compute.job(server.backendjobid) if server.backendjobid else None
        self.stdout.write("")
        if facts is None:
            self.stdout.write(f"{server.cluster.clustername} has no such instance.")
        else:
            print_one(self, _readable(facts), options)
        if options["jobs"] and job is not None:
            self.stdout.write("")
            moment = clock.from_timestamp(job.ended) if job.ended else None
            print_one(self, msgspec.to_builtins(job) | {"ended": moment}, options)


def _readable(facts: InstanceFacts) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(facts)
    times = {"created": facts.created, "changed": facts.changed}
    return told | {key: clock.from_timestamp(when) for key, when in times.items()}


def _name(server: Server) -> str:
    return names.instance(conf.of(CycladesSettings).backend_prefix_id, server.id)


def _known(server: Server) -> dict[str, Any]:
    held = ports.addresses_of([server.id]).get(server.id, [])
    disks = server.volumes.filter(deleted=False).select_related("volume_type")
    return {
        "id": server.id,
        "instance": _name(server),
        "state": server.operstate,
        "task": server.task,
        "ports": [
            f"{port.port_id}: {port.mac} {' '.join(ip.address for ip in port.addresses)} "
            f"on {port.network_name} {port.state}"
            for port in held
        ],
        "volumes": [
            f"{disk.id}: index {disk.index}, {disk.size} GiB, "
            f"{disk.volume_type.disk_template}, {disk.status}"
            for disk in disks.order_by("index")
        ],
    }
