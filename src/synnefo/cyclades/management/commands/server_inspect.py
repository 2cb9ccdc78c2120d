"""`snf-manage server-inspect`. Spec: compute 16.3."""

from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from synnefo.cyclades.domain import differences, names
from synnefo.cyclades.domain.instances import InstanceFacts, JobFacts
from synnefo.cyclades.engines.choose import Engine
from synnefo.cyclades.management.words import find_server, refusals
from synnefo.cyclades.models import Server
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import people
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.kit import clock, conf, tables
from synnefo.serve.commands import add_output_options, print_one

PORTS = (
    "ID",
    "Name",
    "Index",
    "MAC",
    "IPv4 Address",
    "IPv6 Address",
    "Network",
    "Firewall",
    "State",
)
VOLUMES = ("ID", "Name", "Index", "Size", "Template", "Status", "Source")
NICS = ("name", "network", "ip", "mac", "mode", "link", "firewall")
DISKS = ("name", "size_mib")


class Command(BaseCommand):
    """Shows a server as the database and its cluster know it."""

    help = "Show a server as the database and as its cluster know it, side by side."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which one."""
        add_output_options(parser)
        parser.add_argument("server", metavar="ID", help="its id or its instance's name")
        parser.add_argument("--jobs", action="store_true", help="show its jobs, too")
        parser.add_argument("--display-mails", action="store_true", help="show its user's address")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print both views, and where they differ."""
        server = find_server(options["server"])
        told: dict[str, Any] = {
            "database": _known(server, mails=options["display_mails"]),
            "ports": _ports(server),
            "volumes": _volumes(server),
            "cluster": None,
        }
        if server.cluster is not None:
            with refusals():
                engine = engine_of(server.cluster)
                facts = engine.compute.instance(_name(server))
                told["cluster"] = None if facts is None else _readable(facts)
                told["compared"] = None if facts is None else _compared(server, facts)
                if options["jobs"]:
                    told["jobs"] = _jobs(engine, server)
        if options["output_format"] == "json":
            print_one(self, told, options)
        else:
            self._print(told, options)

    def _print(self, told: dict[str, Any], options: dict[str, Any]) -> None:
        shape = options["output_format"]
        print_one(self, told["database"], options)
        self._table("Ports", told["ports"], PORTS, shape)
        self._table("Volumes", told["volumes"], VOLUMES, shape)
        if told["cluster"] is None:
            self.stdout.write("\nIts cluster has no such instance.")
            return
        self._table("Compared", told["compared"], ("what", "database", "cluster"), shape)
        cluster = dict(told["cluster"])
        nics, disks = cluster.pop("nics"), cluster.pop("disks")
        self.stdout.write("\nInstance")
        print_one(self, cluster, options)
        self._table("Network cards", nics, NICS, shape)
        self._table("Disks", disks, DISKS, shape)
        for job in told.get("jobs", ()):
            self.stdout.write(f"\nJob {job['id']}")
            print_one(self, job, options)

    def _table(
        self, title: str, rows: list[dict[str, Any]], columns: tuple[str, ...], shape: str
    ) -> None:
        self.stdout.write(f"\n{title}")
        self.stdout.write(tables.render(rows, columns, shape) if rows else "none")


def _name(server: Server) -> str:
    return names.instance(conf.of(CycladesSettings).backend_prefix_id, server.id)


def _known(server: Server, *, mails: bool) -> dict[str, Any]:
    told = {
        "id": server.id,
        "instance": _name(server),
        "name": server.name,
        "userid": server.userid,
        "project": server.project,
        "state": server.operstate,
        "task": server.task,
        "task_job_id": server.task_job_id,
        "flavor": server.flavor.name,
        "image": server.imageid,
        "backend": server.cluster.clustername if server.cluster else None,
        "suspended": server.suspended,
        "deleted": server.deleted,
        "created": server.created,
        "updated": server.updated,
        "backendtime": server.backendtime,
        "backendjobid": server.backendjobid,
        "backendopcode": server.backendopcode,
        "backendjobstatus": server.backendjobstatus,
    }
    if mails:
        told["username"] = people.names().of([server.userid])[server.userid]
    return told


def _ports(server: Server) -> list[dict[str, Any]]:
    rows = server.ports.prefetch_related("addresses").order_by("index", "id")
    return [
        {
            "ID": port.id,
            "Name": port.name,
            "Index": port.index,
            "MAC": port.mac,
            "IPv4 Address": _addresses(port, 4),
            "IPv6 Address": _addresses(port, 6),
            "Network": port.network_id,
            "Firewall": port.firewall_profile,
            "State": port.state,
        }
        for port in rows
    ]


def _addresses(port: Any, version: int) -> str:
    return ", ".join(ip.address for ip in port.addresses.all() if ip.ipversion == version)


def _volumes(server: Server) -> list[dict[str, Any]]:
    rows = server.volumes.filter(deleted=False).select_related("volume_type").order_by("index")
    return [
        {
            "ID": disk.id,
            "Name": disk.name,
            "Index": disk.index,
            "Size": disk.size,
            "Template": disk.volume_type.disk_template,
            "Status": disk.status,
            "Source": disk.source,
        }
        for disk in rows
    ]


def _readable(facts: InstanceFacts) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(facts)
    times = {"created": facts.created, "changed": facts.changed}
    told |= {key: clock.from_timestamp(when) for key, when in times.items()}
    told["nics"] = [msgspec.to_builtins(nic) for nic in differences.guarded(facts)]
    return told


def _compared(server: Server, facts: InstanceFacts) -> list[dict[str, Any]]:
    """Set what both know side by side."""
    pairs = {
        "running": (server.operstate == "STARTED", facts.running),
        "processors": (server.flavor.cpu, facts.vcpus),
        "memory MiB": (server.flavor.ram, facts.memory_mib),
        "network cards": (server.ports.count(), len(facts.nics)),
        "disks": (server.volumes.filter(deleted=False).count(), len(facts.disks)),
    }
    return [
        {"what": what, "database": ours, "cluster": theirs}
        for what, (ours, theirs) in pairs.items()
    ]


def _jobs(engine: Engine, server: Server) -> list[dict[str, Any]]:
    """Tell the jobs that the database knows of: the last one, and the one waited for."""
    known = {job for job in (server.backendjobid, server.task_job_id) if job}
    found: list[JobFacts] = []
    for job_id in sorted(known):
        job = engine.compute.job(job_id)
        if job is not None:
            found.append(job)
    return [
        msgspec.to_builtins(job)
        | {"ended": clock.from_timestamp(job.ended) if job.ended else None}
        for job in found
    ]
