"""The built web interface: its files, and its one page for every address under `/ui/`."""

import functools
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from synnefo.kit import conf
from synnefo.webproject.settings import WebprojectSettings

PREFIX = "ui/"

_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; worker-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
PROTECTION = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""What browsers must keep to on the page: no other's scripts, no other's frames."""
_MISSING = (
    "<!doctype html><title>Synnefo</title><p>The web interface is not built on this host. "
    "Run <code>make ui</code> in the source tree, or install <code>snf-ui-app</code>."
)


@functools.cache
def folder() -> Path | None:
    """Find the built interface: as set, as installed, or in the source tree."""
    set_by_operator = conf.of(WebprojectSettings).ui_dir
    places = [Path(set_by_operator)] if set_by_operator else []
    rooms = Path(__file__).resolve().parents[1]
    places += [rooms / "ui", rooms.parents[1] / "web" / "dist"]
    return next((place for place in places if (place / "index.html").is_file()), None)


def page(_request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer the one page; it finds out by its address what to show."""
    del path
    found = folder()
    if found is None:
        return HttpResponse(_MISSING, status=503)
    response = HttpResponse((found / "index.html").read_bytes())
    response.headers["Cache-Control"] = "no-cache"
    for name, value in PROTECTION.items():
        response.headers[name] = value
    return response
