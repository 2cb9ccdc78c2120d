"""The table of the account API. Spec: identity 7, 8."""

from synnefo.astakos.api.account import commissions, people, quotas
from synnefo.astakos.api.bodies import unknown_address
from synnefo.astakos.api.faults import ASTAKOS
from synnefo.astakos.usecases import callers
from synnefo.serve.http import Api, Call, Route

ROUTES = [
    Route("GET", "/resources", quotas.list_resources, auth=False),
    Route("GET", "/quotas", quotas.show_quotas),
    Route("GET", "/service_quotas", quotas.show_service_quotas),
    Route("GET", "/service_project_quotas", quotas.show_service_project_quotas),
    Route("POST", "/commissions", commissions.issue_commission, status=201),
    Route("GET", "/commissions", commissions.list_commissions),
    Route("POST", "/commissions/action", commissions.resolve_commissions),
    Route("GET", "/commissions/{serial}", commissions.show_commission),
    Route("POST", "/commissions/{serial}/action", commissions.act_on_commission),
    Route("POST", "/user_catalogs", people.user_catalogs),
    Route("POST", "/service/user_catalogs", people.service_user_catalogs),
    Route("POST", "/myaccount/default_project", people.set_default_project),
    Route("GET", "/authenticate", people.legacy_authenticate),
    *[
        Route(method, "/{rest*}", unknown_address, auth=False)
        for method in ("GET", "POST", "PUT", "DELETE")
    ],
]


def token_of(call: Call) -> str | None:
    """Read the token from the query, else from the header. Spec: identity 5."""
    return call.arg("X-Auth-Token") or call.headers.get("X-Auth-Token") or None


API = Api(
    "account",
    "account/v1.0",
    ROUTES,
    fault_style=ASTAKOS,
    authenticate=callers.authenticate,
    token_of=token_of,
).serving("account")
