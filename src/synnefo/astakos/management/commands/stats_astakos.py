"""`snf-manage stats-astakos`. Spec: identity 16.9."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from synnefo.astakos.domain.limits import STYLES, show_amount
from synnefo.astakos.usecases import statistics
from synnefo.astakos.usecases.statistics import Amount, People
from synnefo.kit import tables

USERS = (
    *("Provider", "Total Users", "Verified Users", "Active Users"),
    "Exclusive Users per Provider",
)
RESOURCES = ("Resource Name", "Used", "Allocated", "Usage")


class Command(BaseCommand):
    """Shows figures of the whole cloud."""

    help = "Show how many people there are and what they use, whole and by sign-in method."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how to write the figures."""
        parser.add_argument(
            "--output-format",
            default="pretty",
            choices=("pretty", "json"),
            metavar="FORMAT",
            help="pretty (tables, the default) or json",
        )
        parser.add_argument("--unit-style", default="auto", choices=STYLES)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print everything."""
        found = statistics.detail()
        if options["output_format"] == "json":
            text = msgspec.json.format(msgspec.json.encode(found), indent=2)
            self.stdout.write(text.decode())
            return
        self.stdout.write(f"Statistics of {found.datetime}\n\nUsers\n")
        self.stdout.write(tables.render(_users(found.users), USERS))
        for name, amounts in found.resources.items():
            whose = "of all" if name == statistics.ALL else f"of users of {name} alone"
            self.stdout.write(f"\nResources {whose}\n")
            self.stdout.write(tables.render(_amounts(amounts, options["unit_style"]), RESOURCES))


def _users(found: Mapping[str, People]) -> list[dict[str, Any]]:
    return [
        dict(zip(USERS, (name, one.total, one.verified, one.active, one.exclusive), strict=True))
        for name, one in found.items()
    ]


def _amounts(found: Mapping[str, Amount], style: str) -> list[dict[str, Any]]:
    return [
        {
            "Resource Name": name,
            "Used": show_amount(one.used, one.unit, style),
            "Allocated": show_amount(one.allocated, one.unit, style),
            "Usage": f"{one.used / one.allocated:.1%}" if one.allocated else None,
        }
        for name, one in sorted(found.items())
    ]
