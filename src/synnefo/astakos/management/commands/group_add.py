"""`snf-manage group-add`. Spec: identity 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from synnefo.astakos.management.words import refusals
from synnefo.astakos.models import DATABASE, Group
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.usecases import audit, groups
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Makes a group; one that exists is left as it is."""

    help = "Make a group of users."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name."""
        add_output_options(parser)
        parser.add_argument("name", help="name of the group")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the group and print it."""
        name = options["name"]
        with refusals(), transaction.atomic(using=DATABASE):
            known = Group.objects.filter(name=name, domain_id=DEFAULT).exists()
            group = groups.ensure(name)
            if not known:
                audit.record("group.added", subject=group)
        print_one(self, {"id": group.pk, "name": group.name}, options)
