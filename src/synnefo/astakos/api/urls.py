"""Every address that Astakos answers, below its base address. Spec: identity 1.2."""

from synnefo.astakos.api import discovery
from synnefo.astakos.api.account import routes as account
from synnefo.astakos.api.admin import routes as admin
from synnefo.astakos.api.identity_v2 import routes as identity_v2
from synnefo.astakos.api.identity_v3 import routes as identity_v3
from synnefo.astakos.api.oauth import routes as oauth
from synnefo.astakos.api.ui import (
    audit_routes,
    menu_routes,
    presentation,
    provider_routes,
    session_routes,
)
from synnefo.astakos.api.ui.operators import routes as operators
from synnefo.astakos.api.ui.projects import routes as project_pages

APIS = [
    account.API,
    admin.API,
    identity_v3.API,
    identity_v2.API,
    *oauth.APIS,
    *menu_routes.APIS,
    operators.API,
    project_pages.API,
    audit_routes.API,
    presentation.API,
    *provider_routes.APIS,
    session_routes.API,
    discovery.API,
]

urlpatterns = [pattern for api in APIS for pattern in api.urls]
