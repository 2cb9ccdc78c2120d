"""The Django application of Astakos."""

import logging
from importlib import import_module

from django.apps import AppConfig

from synnefo.astakos.settings import AdminSettings
from synnefo.kit import conf


class AstakosConfig(AppConfig):
    """Tables of Astakos live in the database of the same alias."""

    name = "synnefo.astakos"
    label = "astakos"
    verbose_name = "Astakos"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to commands and changes, which needs the tables that are ready only now."""
        import_module("synnefo.astakos.usecases.command_runs")
        import_module("synnefo.astakos.usecases.changes").watch()
        level = conf.of(AdminSettings).astakos_logging_level.upper()
        logging.getLogger("synnefo.astakos").setLevel(level)
