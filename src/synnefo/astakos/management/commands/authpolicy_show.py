"""`snf-manage authpolicy-show`. Spec: identity 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import auth_profiles
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows one policy profile."""

    help = "Show a profile of sign-in policies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name."""
        add_output_options(parser)
        parser.add_argument("name", help="name of the profile")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the profile's facts."""
        with refusals():
            profile = auth_profiles.find(options["name"])
        shown = {
            "id": profile.pk,
            "is active": profile.active,
            "name": profile.name,
            "provider": profile.provider,
            "is exclusive": profile.is_exclusive,
            "priority": profile.priority,
            "policies": auth_profiles.values_of(profile),
            "groups": [group.name for group in profile.groups.order_by("pk")],
            "users": [str(user) for user in profile.users.order_by("pk")],
        }
        print_one(self, shown, options)
