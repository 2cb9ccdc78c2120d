"""The Django application that bricks stand on; it has no tables of its own."""

from django.apps import AppConfig


class ServeConfig(AppConfig):
    """Carries commands and templates that all bricks share."""

    name = "synnefo.serve"
    label = "serve"
