"""Every address that Astakos answers, below its base address. Spec: identity 1.2."""

from synnefo.astakos.api import discovery
from synnefo.astakos.api.account import routes as account
from synnefo.astakos.api.identity_v2 import routes as identity_v2
from synnefo.astakos.api.identity_v3 import routes as identity_v3
from synnefo.astakos.api.ui import audit_routes, provider_routes, session_routes
from synnefo.astakos.api.ui.operators import routes as operators

APIS = [
    account.API,
    identity_v3.API,
    identity_v2.API,
    operators.API,
    audit_routes.API,
    *provider_routes.APIS,
    session_routes.API,
    discovery.API,
]

urlpatterns = [pattern for api in APIS for pattern in api.urls]
