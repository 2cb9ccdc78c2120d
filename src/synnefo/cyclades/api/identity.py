"""The identity service under Cyclades' address, for pages of this host. Spec: identity 20."""

from synnefo.cyclades.api.callers import authenticate, identity_url
from synnefo.serve.http import COMPUTE, Api, Call, Reply, Route
from synnefo.serve.http.identity_proxy import PREFIX
from synnefo.serve.http.identity_proxy import forward as pass_on


def forward(call: Call, rest: str) -> Reply:
    """Pass a request on to the identity service, and its answer back."""
    return pass_on(call, rest, identity_url())


ROUTES = [
    Route(method, "/{rest*}", forward, auth=False)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
]
API = Api(
    "cyclades-identity",
    PREFIX,
    ROUTES,
    fault_style=COMPUTE,
    authenticate=authenticate,
    identity_url=identity_url,
)
urlpatterns = API.urls
