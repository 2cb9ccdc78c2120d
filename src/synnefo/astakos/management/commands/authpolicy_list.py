"""`snf-manage authpolicy-list`. Spec: identity 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.models import AuthPolicyProfile
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "name", "provider", "exclusive", "groups", "users")
FIELDS = ("priority", "active")


class Command(BaseCommand):
    """Lists policy profiles."""

    help = "List profiles of sign-in policies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the options of lists."""
        add_list_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one row for each profile."""
        found = AuthPolicyProfile.objects.prefetch_related("groups", "users").order_by("pk")
        print_list(self, [_row(profile) for profile in found], COLUMNS, options, fields=FIELDS)


def _row(profile: AuthPolicyProfile) -> dict[str, object]:
    return {
        "id": profile.pk,
        "name": profile.name,
        "provider": profile.provider,
        "exclusive": profile.is_exclusive,
        "groups": [group.name for group in profile.groups.all()],
        "users": [user.username for user in profile.users.all()],
        "priority": profile.priority,
        "active": profile.active,
    }
