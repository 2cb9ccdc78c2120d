"""`snf-manage pithos-expire`. Spec: object-storage 19.1."""

from typing import Any

from django.core.management.base import BaseCommand

from synnefo.pithos.usecases import garbage


class Command(BaseCommand):
    """Deletes the objects whose time is over; the worker does so every minute."""

    help = "Delete the objects whose X-Delete-At has passed."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Delete and count."""
        self.stdout.write(f"{garbage.expire()} objects were deleted.")
