"""Django's settings, made from the settings of every installed component.

Spec: operations 2.1. Nobody but Django reads this module; code asks `kit.conf`.
"""

import sys
from pathlib import Path

import django_stubs_ext

from synnefo.kit import conf
from synnefo.serve.settings import ServeSettings
from synnefo.webproject import components, databases
from synnefo.webproject.settings import WebprojectSettings

django_stubs_ext.monkeypatch()

_kinds = components.settings_kinds()
try:
    _loaded = conf.load(components.defaults_of(_kinds))
    _web = _loaded.of(WebprojectSettings)
    _data = Path(_loaded.of(ServeSettings).synnefo_data_dir)
except conf.SettingsError as _error:
    print(_error, file=sys.stderr)  # noqa: T201 - logs are not set up without settings
    sys.exit(1)

_bricks = [component.label for component in components.installed() if component.label]

DEBUG = _web.debug
SECRET_KEY = _web.secret_key
ALLOWED_HOSTS = _web.allowed_hosts
DATABASES = databases.configured(_web.databases, _bricks, _data)
DATABASE_ROUTERS = ["synnefo.webproject.databases.BrickRouter"]
INSTALLED_APPS = ["synnefo.webproject", "synnefo.serve", *components.gather("web_apps")]
MIDDLEWARE = [
    "synnefo.webproject.middleware.TrustedProxy",
    *components.gather("web_middleware"),
]
ROOT_URLCONF = "synnefo.webproject.urls"
WSGI_APPLICATION = "synnefo.webproject.wsgi.application"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LOGGING_CONFIG = None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
SILENCED_SYSTEM_CHECKS = ["urls.W002"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": components.gather("web_context_processors")},
    }
]
