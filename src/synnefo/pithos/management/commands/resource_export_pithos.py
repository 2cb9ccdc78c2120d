"""`snf-manage resource-export-pithos`. Spec: object-storage 19.1."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.pithos.usecases import exports


class Command(BaseCommand):
    """Writes the resources of Pithos, ready for `resource-import`."""

    help = "Print the definitions of Pithos' resources as JSON."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print them."""
        self.stdout.write(json.dumps(exports.resources_told(), indent=4))
