"""The table of Identity v3. Spec: openstack-api 2 to 4."""

from synnefo.astakos.api.discovery import identity_url, show_v3
from synnefo.astakos.api.identity_v3 import directory, services, tokens
from synnefo.astakos.usecases import callers
from synnefo.serve.http import IDENTITY, Api, Route

ROUTES = [
    Route("GET", "/", show_v3, auth=False),
    Route("POST", "/auth/tokens", tokens.create_token, status=201, auth=False),
    Route("GET", "/auth/tokens", tokens.show_token, auth=False),
    Route("DELETE", "/auth/tokens", tokens.revoke_token, status=204),
    Route("GET", "/auth/catalog", directory.show_catalog),
    Route("GET", "/auth/projects", directory.list_own_projects),
    Route("GET", "/auth/domains", directory.list_domains),
    Route("GET", "/auth/system", directory.list_system),
    Route("GET", "/projects", directory.list_projects),
    Route("GET", "/projects/{project_id}", directory.show_project),
    Route("GET", "/users", directory.list_users),
    Route("GET", "/users/{user_id}", directory.show_user),
    Route("GET", "/users/{user_id}/projects", directory.list_projects_of),
    Route("POST", "/users/{user_id}/password", directory.change_password, status=204),
    Route("GET", "/domains", directory.list_domains),
    Route("GET", "/domains/{domain_id}", directory.show_domain),
    Route("GET", "/roles", directory.list_roles),
    Route("GET", "/roles/{role_id}", directory.show_role),
    Route("GET", "/services", services.list_services),
    Route("GET", "/services/{service_id}", services.show_service),
    Route("GET", "/endpoints", services.list_endpoints),
    Route("GET", "/endpoints/{endpoint_id}", services.show_endpoint),
    Route("GET", "/regions", services.list_regions),
    Route("GET", "/regions/{region_id}", services.show_region),
]

API = Api(
    "identity-v3",
    "identity/v3",
    ROUTES,
    fault_style=IDENTITY,
    authenticate=callers.authenticate,
    identity_url=identity_url,
).serving("identity")
