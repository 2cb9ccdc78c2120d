"""`snf-manage service-show`. Spec: identity 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from synnefo.astakos.models import Service
from synnefo.kit import tables
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows a service."""

    help = "Show a service and its endpoints."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the service."""
        add_output_options(parser)
        parser.add_argument("service", help="name or number")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the facts and the endpoints."""
        wanted = options["service"]
        match = Q(name=wanted)
        if wanted.isdigit() and len(wanted) < 19:
            match |= Q(pk=int(wanted))
        service = Service.objects.select_related("component").filter(match).first()
        if service is None:
            raise CommandError(f"There is no service '{wanted}'.")
        facts = {
            "id": service.pk,
            "name": service.name,
            "component": service.component.name,
            "type": service.type,
            "catalog": service.catalog,
        }
        print_one(self, facts, options)
        rows = [
            {"endpoint": endpoint.pk, "key": key, "value": value}
            for endpoint in service.endpoints.order_by("pk")
            for key, value in endpoint.data.items()
        ]
        if rows:
            table = tables.render(rows, ("endpoint", "key", "value"), options["output_format"])
            self.stdout.write("\n" + table)
