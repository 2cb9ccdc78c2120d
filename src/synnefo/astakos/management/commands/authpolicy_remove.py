"""`snf-manage authpolicy-remove`. Spec: identity 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import auth_profiles


class Command(BaseCommand):
    """Deletes a policy profile."""

    help = "Delete a profile of sign-in policies; its users and groups stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name."""
        parser.add_argument("name", help="name of the profile")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Delete it."""
        with refusals():
            auth_profiles.remove(options["name"])
        self.stderr.write(f"The profile {options['name']} is gone.")
