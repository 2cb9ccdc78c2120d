"""The network API as Django finds it."""

from synnefo.cyclades.api.callers import authenticate, identity_url
from synnefo.cyclades.api.network.routes import ROUTES
from synnefo.serve.http import NETWORK, Api

API = Api(
    "network",
    "network",
    ROUTES,
    fault_style=NETWORK,
    authenticate=authenticate,
    identity_url=identity_url,
).serving("network")

urlpatterns = API.urls
