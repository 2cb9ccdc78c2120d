"""The WSGI application that gunicorn serves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.webproject.django_settings")

from django.core.wsgi import get_wsgi_application

from synnefo.kit import logs, structs
from synnefo.serve.http.direct import Direct, mounted
from synnefo.serve.http.nested import in_process
from synnefo.webproject import neighbours, ui
from synnefo.webproject.console_upgrade import ConsoleUpgrade
from synnefo.webproject.middleware import believer
from synnefo.webproject.static import with_files

_django = get_wsgi_application()
logs.configure("snf-web")
_apis = mounted()
neighbours.mount(Direct(_apis, in_process(_django), prepare=believer(), tidies=False))
_pages = with_files(_django, ui.folder())
application = ConsoleUpgrade(Direct(_apis, _pages, prepare=believer()))
structs.ready_all()
