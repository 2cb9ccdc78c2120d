"""The Django application of Astakos."""

from importlib import import_module

from django.apps import AppConfig


class AstakosConfig(AppConfig):
    """Tables of Astakos live in the database of the same alias."""

    name = "synnefo.astakos"
    label = "astakos"
    verbose_name = "Astakos"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to commands, which needs the tables that are ready only now."""
        import_module("synnefo.astakos.usecases.command_runs")
