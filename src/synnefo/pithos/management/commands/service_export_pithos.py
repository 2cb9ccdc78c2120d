"""`snf-manage service-export-pithos`. Spec: object-storage 2.1, 19.1."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.pithos.usecases import exports


class Command(BaseCommand):
    """Writes the public services of Pithos, ready for `service-import`."""

    help = "Print the definitions of Pithos' public services as JSON."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print them with their addresses filled in."""
        self.stdout.write(json.dumps(exports.services_told(), indent=4))
