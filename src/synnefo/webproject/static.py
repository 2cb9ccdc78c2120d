"""The files of the web interface, served from memory-mapped headers by whitenoise."""

import re
from pathlib import Path
from wsgiref.headers import Headers

from django.core.handlers.wsgi import WSGIHandler
from whitenoise import WhiteNoise

from synnefo.webproject.ui import protection

HASHED = re.compile(r"^/ui/assets/.+-[\w-]{8,}\.\w+$")
"""Files whose name changes with their content; browsers may keep them for good."""


def with_files(application: WSGIHandler, folder: Path | None) -> "WhiteNoise | WSGIHandler":
    """Serve the files below `folder` under `/ui/` in front of an application."""
    if folder is None:
        return application
    return WhiteNoise(
        application,
        root=str(folder),
        prefix="ui/",
        max_age=600,
        immutable_file_test=lambda _path, url: HASHED.match(url) is not None,
        add_headers_function=_protect,
    )


def _protect(headers: Headers, path: str, _url: str) -> None:
    """Protect the page also where it is asked for by the name of its file."""
    if path.endswith(".html"):
        for name, value in protection().items():
            headers[name] = value
