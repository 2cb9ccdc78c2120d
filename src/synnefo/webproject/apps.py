"""The Django application of the web project itself."""

from django.apps import AppConfig


class WebprojectConfig(AppConfig):
    """Carries the commands that belong to no brick."""

    name = "synnefo.webproject"
    label = "webproject"
