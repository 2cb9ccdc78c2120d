"""`snf-manage astakos-init`. Spec: identity 16.10."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from synnefo.astakos.management import old_limits
from synnefo.astakos.management.words import refusals
from synnefo.astakos.models import DATABASE, Component, Resource
from synnefo.astakos.settings import AdminSettings
from synnefo.astakos.usecases import bricks, registry
from synnefo.kit import conf
from synnefo.serve.commands import add_output_options

NAME = "astakos"


class Command(BaseCommand):
    """Registers Astakos itself."""

    help = "Register Astakos with its own services and resources; harmless when it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the option of old."""
        add_output_options(parser)
        parser.add_argument(
            "--load-service-resources", action="store_true", help="kept for old scripts"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Register, and tell what was added."""
        del options
        with refusals(), transaction.atomic(using=DATABASE):
            brick = bricks.installed([NAME])[0]
            if not Component.objects.filter(name=NAME).exists():
                _, token = registry.add_component(NAME, base_url=brick.base_url)
                self.stdout.write(f"Token: {token}")
            changes, _ = registry.sync_brick(NAME, brick.base_url, brick.services)
            self._take_over(conf.of(AdminSettings).astakos_services)
        for change in changes:
            self.stdout.write(f"{change.kind} {change.name}: {change.what} {change.note}".rstrip())

    def _take_over(self, services: Mapping[str, Mapping[str, object]]) -> None:
        """Take default limits over from settings of 0.13, for resources that are registered."""
        for name, limit in old_limits.read(services).items():
            if not Resource.objects.filter(name=name).exists():
                self.stderr.write(f"{name}: not registered, so its limit is left out")
                continue
            registry.modify_resource(name, {"uplimit": limit})
            self.stdout.write(f"resource {name}: default limit {limit}")
