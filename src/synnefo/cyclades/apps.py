"""The Django application of Cyclades."""

from django.apps import AppConfig


class CycladesConfig(AppConfig):
    """Tables of Cyclades live in the database of the same alias."""

    name = "synnefo.cyclades"
    label = "cyclades"
    verbose_name = "Cyclades"
    default_auto_field = "django.db.models.BigAutoField"
