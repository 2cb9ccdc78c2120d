"""`snf-manage component-modify`. Spec: identity 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from synnefo.astakos.management.words import given, refusals
from synnefo.astakos.models import DATABASE
from synnefo.astakos.usecases import registry
from synnefo.serve.commands import add_output_options


class Command(BaseCommand):
    """Changes a component."""

    help = "Change a component's addresses or token."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the component and the changes."""
        add_output_options(parser)
        parser.add_argument("component", help="name or number")
        parser.add_argument("--ui-url", help="address of its web interface")
        parser.add_argument("--base-url", help="address below which it answers")
        parser.add_argument("--auth-token", help="a token to take from now on")
        parser.add_argument("--renew-token", action="store_true", help="make a token, print it")
        parser.add_argument("--purge-services", action="store_true", help="drop its services")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Apply the changes, all or none."""
        addresses = given(options, "ui_url", "base_url")
        renew = bool(options["auth_token"] or options["renew_token"])
        if not (addresses or renew or options["purge_services"]):
            raise CommandError("Say what to change; --help lists what can be.")
        with refusals(), transaction.atomic(using=DATABASE):
            component = registry.find_component(options["component"])
            registry.set_addresses(component, **addresses)
            if options["purge_services"]:
                registry.purge_services(component)
            token = registry.set_token(component, options["auth_token"] or "") if renew else ""
        if options["renew_token"]:
            self.stdout.write(f"Token: {token}")
