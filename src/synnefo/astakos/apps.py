"""The Django application of Astakos."""

from django.apps import AppConfig


class AstakosConfig(AppConfig):
    """Tables of Astakos live in the database of the same alias."""

    name = "synnefo.astakos"
    label = "astakos"
    verbose_name = "Astakos"
    default_auto_field = "django.db.models.BigAutoField"
