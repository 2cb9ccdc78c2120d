"""The table of Identity v2.0. Spec: identity 6, openstack-api 5."""

from synnefo.astakos.api import xml
from synnefo.astakos.api.account.routes import token_of
from synnefo.astakos.api.bodies import unknown_address
from synnefo.astakos.api.discovery import identity_url, show_v2
from synnefo.astakos.api.faults import ASTAKOS
from synnefo.astakos.api.identity_v2 import tokens, users
from synnefo.astakos.usecases import callers
from synnefo.serve.http import Api, Route

ROUTES = [
    Route("GET", "/", show_v2, auth=False),
    Route("POST", "/tokens", tokens.create_token, auth=False),
    Route("POST", "/tokens.json", tokens.create_token, auth=False),
    Route("POST", "/tokens.xml", tokens.create_token, auth=False),
    Route("GET", "/tokens/{token_id}", tokens.show_token, auth="optional"),
    Route("GET", "/tokens/{token_id}/endpoints", tokens.list_endpoints),
    Route("GET", "/tenants", tokens.list_tenants),
    Route("GET", "/users", users.list_users),
    Route("POST", "/users", users.add_user),
    Route("GET", "/users/detail", users.list_details),
    Route("GET", "/users/{user_id}", users.show_user),
    Route("PUT", "/users/{user_id}", users.change_user),
    Route("POST", "/users/{user_id}/action", users.act_on_user),
    *[
        Route(method, "/{rest*}", unknown_address, auth=False)
        for method in ("GET", "POST", "PUT", "DELETE")
    ],
]

API = (
    Api(
        "identity-v2",
        "identity/v2.0",
        ROUTES,
        fault_style=ASTAKOS,
        authenticate=callers.authenticate,
        token_of=token_of,
        identity_url=identity_url,
    )
    .serving("identity")
    .wrapped(xml.or_json)
)
