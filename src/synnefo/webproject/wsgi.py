"""The WSGI application that gunicorn serves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.webproject.django_settings")

from django.core.wsgi import get_wsgi_application

from synnefo.kit import logs
from synnefo.webproject import neighbours, ui
from synnefo.webproject.console_upgrade import ConsoleUpgrade
from synnefo.webproject.static import with_files

_django = get_wsgi_application()
logs.configure("snf-web")
neighbours.mount(_django)
application = ConsoleUpgrade(with_files(_django, ui.folder()))
