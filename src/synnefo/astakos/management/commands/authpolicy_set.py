"""`snf-manage authpolicy-set`. Spec: identity 16.3, FIX-1."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.models import Group
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.usecases import auth_profiles, users
from synnefo.kit.faults import ItemNotFound
from synnefo.kit.units import is_number


class Command(BaseCommand):
    """Says for whom a policy profile counts."""

    help = "Give a policy profile to these users and groups, and to nobody else."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the profile, the groups and the users."""
        parser.add_argument("name", help="name of the profile")
        parser.add_argument(
            "--group",
            action="append",
            default=[],
            metavar="GROUP",
            help="number, id or name of a group; repeat for more",
        )
        parser.add_argument(
            "--user",
            action="append",
            default=[],
            metavar="USER",
            help="number, uuid or e-mail address of a user; repeat for more",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Replace the profile's associations, and nothing else."""
        with refusals():
            people = [users.find(text) for text in options["user"]]
            circles = [_group(text) for text in options["group"]]
            auth_profiles.hand_out(options["name"], people, circles)
        self.stderr.write(f"For {len(people)} users and {len(circles)} groups now.")


def _group(text: str) -> Group:
    by_number = Group.objects.filter(pk=int(text)) if is_number(text) else Group.objects.none()
    found = (
        by_number.first()
        or Group.objects.filter(uuid=text).first()
        or Group.objects.filter(name=text, domain_id=DEFAULT).first()
    )
    if found is None:
        raise ItemNotFound(f"There is no group '{text}'.")
    return found
