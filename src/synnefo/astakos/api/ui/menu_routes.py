"""The table of what pages of sibling services ask for. Spec: identity 12.3 to 12.5."""

from synnefo.astakos.api.discovery import identity_url
from synnefo.astakos.api.faults import PAGES
from synnefo.astakos.api.ui import menu
from synnefo.astakos.usecases import callers
from synnefo.serve.http import Api, Route


def _api(name: str, prefix: str, route: Route) -> Api:
    return Api(
        name,
        prefix,
        [route],
        fault_style=PAGES,
        authenticate=callers.authenticate,
        identity_url=identity_url,
    )


APIS = [
    _api("astakos-menu", "ui/get_menu", Route("GET", "/", menu.get_menu, auth=False)),
    _api("astakos-services", "ui/get_services", Route("GET", "/", menu.get_services, auth=False)),
    _api("astakos-cloudbar", "ui/cloudbar", Route("GET", "/{name}", menu.show_asset, auth=False)),
]
