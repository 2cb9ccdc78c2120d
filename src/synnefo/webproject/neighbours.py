"""Bricks on one host call each other in process: the same HTTP, without a socket."""

from synnefo.clients import in_process
from synnefo.kit import conf
from synnefo.serve.http.direct import WsgiApp
from synnefo.webproject import components
from synnefo.webproject.settings import WebprojectSettings


def mount(application: WsgiApp) -> None:
    """Answer calls to the base addresses of this host's bricks from this process."""
    if not conf.of(WebprojectSettings).webproject_internal_transport:
        return
    for component in components.installed():
        if component.label:
            address = conf.current().names.get(f"{component.label.upper()}_BASE_URL")
            if address:
                in_process.mount(str(address), application)
