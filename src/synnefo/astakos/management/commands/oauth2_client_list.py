"""`snf-manage oauth2-client-list`. Spec: identity 16.7."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.models import Client
from synnefo.astakos.models.oauth import CONFIDENTIAL, PUBLIC
from synnefo.astakos.usecases import oauth_clients
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists clients of OAuth 2.0."""

    help = "List the programs that people may let act for them (OAuth 2.0)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options and which clients to list."""
        add_list_options(parser)
        parser.add_argument("--confidential", action="store_true", help="only those with a secret")
        parser.add_argument("--public", action="store_true", help="only those without")
        parser.add_argument("--trusted", action="store_true", help="only our own")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the clients."""
        found = Client.objects.order_by("pk")
        kinds = [kind for kind in (CONFIDENTIAL, PUBLIC) if options[kind]]
        found = found.filter(type__in=kinds) if kinds else found
        found = found.filter(is_trusted=True) if options["trusted"] else found
        rows = [
            {
                "id": client.pk,
                "identifier": client.identifier,
                "type": client.type,
                "is_trusted": client.is_trusted,
                "redirect_urls": ", ".join(oauth_clients.urls_of(client)),
                "name": client.name,
            }
            for client in found
        ]
        columns = ("id", "identifier", "type", "is_trusted", "redirect_urls")
        print_list(self, rows, columns, options, fields=("name",))
