"""`snf-manage service-export-cyclades`. Spec: compute 16.8."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.usecases import exports


class Command(BaseCommand):
    """Writes the public services of Cyclades, ready for `service-import`."""

    help = "Print the definitions of Cyclades' public services as JSON."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print them with their addresses filled in."""
        self.stdout.write(json.dumps(exports.services_told(), indent=4))
