"""The built web interface: its files, and its one page for every address under `/ui/`."""

import functools
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from synnefo.kit import conf
from synnefo.webproject.settings import WebprojectSettings

PREFIX = "ui/"

_POLICY = (
    "default-src 'self'{guests}; img-src 'self' data: blob:; media-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; worker-src 'self' blob:; "
    "frame-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_PROTECTION = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
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
    for name, value in protection().items():
        response.headers[name] = value
    return response


def protection() -> dict[str, str]:
    """Tell what browsers must keep to: no other's scripts but those named, no other's frames."""
    guests = "".join(f" {each}" for each in conf.of(WebprojectSettings).ui_script_sources)
    return {**_PROTECTION, "Content-Security-Policy": _POLICY.format(guests=guests)}
