"""The table of Identity v3. Spec: openstack-api 2 to 4."""

from synnefo.astakos.api.discovery import identity_url, show_v3
from synnefo.astakos.api.faults import PAGES
from synnefo.astakos.api.identity_v3 import administration, tokens
from synnefo.astakos.api.identity_v3.handed_on_routes import ROUTES as HANDED_ON
from synnefo.astakos.usecases import callers
from synnefo.serve.http import Api, Route

ROUTES = [
    *HANDED_ON,
    Route("GET", "/", show_v3, auth=False),
    Route("POST", "/auth/tokens", tokens.create_token, status=201, auth=False),
    Route("GET", "/auth/tokens", tokens.show_token, auth=False),
    Route("DELETE", "/auth/tokens", tokens.revoke_token, status=204),
    *administration.ROUTES,
]

API = Api(
    "identity-v3",
    "identity/v3",
    ROUTES,
    fault_style=PAGES,
    authenticate=callers.authenticate,
    identity_url=identity_url,
).serving("identity")
