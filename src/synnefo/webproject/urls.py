"""The addresses of this host: each brick under its base address. Spec: operations 5.1."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, include, path

from synnefo.kit import conf, metrics
from synnefo.webproject import components, ui
from synnefo.webproject.health import health
from synnefo.webproject.settings import WebprojectSettings


def root(_request: HttpRequest) -> HttpResponse:
    """Lead from `/` to where the site begins."""
    target = conf.of(WebprojectSettings).webproject_root_redirect
    return HttpResponseRedirect(target) if target else HttpResponseNotFound()


def show_metrics(_request: HttpRequest) -> HttpResponse:
    """Show this process' metrics to Prometheus."""
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE_LATEST)


def lead_to_metadata(_request: HttpRequest, brick: str) -> HttpResponse:
    """Lead from where RFC 8414 puts a server's metadata to where a brick has it."""
    return HttpResponseRedirect(f"/{brick}/.well-known/oauth-authorization-server")


def base_path(label: str) -> str:
    """Tell the path of a brick's base address, without slashes at its ends."""
    address = conf.current().names.get(f"{label.upper()}_BASE_URL", f"/{label}")
    return urlsplit(str(address)).path.strip("/")


def _mounted() -> list[URLPattern | URLResolver]:
    found: list[URLPattern | URLResolver] = []
    for component in components.installed():
        for module in component.get("urls") or []:
            prefix = base_path(component.label)
            found.append(path(f"{prefix}/" if prefix else "", include(module)))
    return found


urlpatterns: list[URLPattern | URLResolver] = [
    path("", root),
    path("healthz", health),
    path("metrics", show_metrics),
    path("ui/", ui.page),
    path("ui/<path:path>", ui.page),
    path(".well-known/oauth-authorization-server/<path:brick>", lead_to_metadata),
    *_mounted(),
]
