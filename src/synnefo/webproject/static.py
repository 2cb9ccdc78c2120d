"""The files of the web interface, served from memory-mapped headers by whitenoise."""

import re
from pathlib import Path

from django.core.handlers.wsgi import WSGIHandler
from whitenoise import WhiteNoise

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
    )
