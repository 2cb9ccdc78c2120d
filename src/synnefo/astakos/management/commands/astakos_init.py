"""`snf-manage astakos-init`. Spec: identity 16.10."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from synnefo.astakos.management.words import refusals
from synnefo.astakos.models import DATABASE, Component
from synnefo.astakos.usecases import bricks, registry
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
        for change in changes:
            self.stdout.write(f"{change.kind} {change.name}: {change.what} {change.note}".rstrip())
