"""`snf-manage resource-export-cyclades`. Spec: compute 16.8."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.usecases import exports


class Command(BaseCommand):
    """Writes the resources of Cyclades, ready for `resource-import`."""

    help = "Print the definitions of Cyclades' resources as JSON."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print them."""
        self.stdout.write(json.dumps(exports.resources_told(), indent=4))
