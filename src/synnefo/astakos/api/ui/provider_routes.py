"""The tables of signing in at providers and of one's own sign-in methods."""

from synnefo.astakos.api.discovery import identity_url
from synnefo.astakos.api.faults import PAGES
from synnefo.astakos.api.ui import methods, providers
from synnefo.astakos.usecases import callers
from synnefo.serve.http import Api, Route

LOGIN = Api(
    "astakos-login",
    "ui/login",
    [
        Route("GET", "/", providers.show_login, status=303, auth=False),
        Route("POST", "/ldap", providers.sign_in_by_directory, auth=False),
        Route("POST", "/ldap/add", providers.add_by_directory),
        Route("GET", "/{module}", providers.leave, status=303, auth=False),
        Route("POST", "/{module}", providers.leave_with_purpose, auth="optional"),
        Route("GET", "/{module}/authenticated", providers.come_back, status=303, auth=False),
        Route(
            "POST", "/{module}/authenticated", providers.come_back_posted, status=303, auth=False
        ),
        Route("GET", "/{module}/metadata", providers.show_metadata, auth=False),
    ],
    fault_style=PAGES,
    authenticate=callers.authenticate,
    identity_url=identity_url,
)

METHODS = Api(
    "astakos-methods",
    "ui/methods",
    [
        Route("GET", "/", methods.list_methods),
        Route("POST", "/", methods.add_carried),
        Route("GET", "/offered", providers.list_offers, auth=False),
        Route("DELETE", "/{method_id}", methods.remove_method),
    ],
    fault_style=PAGES,
    authenticate=callers.authenticate,
    identity_url=identity_url,
)

REMOVAL = Api(
    "astakos-method-removal",
    "ui/remove_auth_provider",
    [Route("POST", "/{method_id}", methods.remove_method)],
    fault_style=PAGES,
    authenticate=callers.authenticate,
    identity_url=identity_url,
)

APIS = [LOGIN, METHODS, REMOVAL]
