"""`snf-manage stats-cyclades`. Spec: compute 16.8."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import truth
from synnefo.cyclades.usecases import statistics
from synnefo.serve.commands import add_output_options, print_one

PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "clusters": statistics.of_clusters,
    "cluster_details": statistics.of_each_cluster,
    "servers": statistics.of_servers,
    "ip_pools": statistics.of_ip_pools,
    "networks": statistics.of_networks,
    "images": statistics.of_images,
}


class Command(BaseCommand):
    """Counts everything."""

    help = "Show numbers about clusters, servers, addresses, networks and images."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which parts to show, and where to write them."""
        add_output_options(parser)
        parser.add_argument("--backend", help="only this cluster in the cluster details")
        for name in PARTS:
            option = f"--{name.replace('_', '-')}"
            parser.add_argument(option, type=truth, default=True, help="False: leave it out")
        parser.add_argument("--json-file", type=Path, help="write JSON to this file, too")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Count and print."""
        told = {name: count() for name, count in PARTS.items() if options[name]}
        if options["backend"] and "cluster_details" in told:
            details = told["cluster_details"]
            told["cluster_details"] = {k: v for k, v in details.items() if k == options["backend"]}
        if options["json_file"]:
            options["json_file"].write_text(json.dumps(told, indent=2) + "\n")
        if options["output_format"] == "json":
            print_one(self, told, options)
            return
        for name, part in told.items():
            if options["output_format"] == "pretty":
                self.stdout.write(f"\n{name.replace('_', ' ').capitalize()}")
            prefix = "" if options["output_format"] == "pretty" else name
            print_one(self, _flat(part, prefix), options)


def _flat(part: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Write numbers within numbers on lines of their own."""
    found: dict[str, Any] = {}
    for key, value in part.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        found |= _flat(value, name) if isinstance(value, dict) else {name: value}
    return found
