"""The Django application of Pithos."""

from django.apps import AppConfig


class PithosConfig(AppConfig):
    """Tables of Pithos live in the database of the same alias."""

    name = "synnefo.pithos"
    label = "pithos"
    verbose_name = "Pithos"
    default_auto_field = "django.db.models.BigAutoField"
