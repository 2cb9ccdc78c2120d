"""The table of the account API. Spec: identity 7, 8."""

from synnefo.astakos.api import xml
from synnefo.astakos.api.account import (
    commissions,
    memberships,
    people,
    projects,
    quotas,
    signing_keys,
)
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
    Route("POST", "/service/signing_keys", signing_keys.make_signing_key),
    Route("POST", "/feedback", people.send_feedback),
    Route("POST", "/myaccount/default_project", people.set_default_project),
    Route("GET", "/projects", projects.list_projects),
    Route("POST", "/projects", projects.apply_for_project, status=201),
    Route("GET", "/projects/memberships", memberships.list_memberships),
    Route("POST", "/projects/memberships", memberships.become_member),
    Route("GET", "/projects/memberships/{membership_id}", memberships.show_membership),
    Route("POST", "/projects/memberships/{membership_id}/action", memberships.act_on_membership),
    Route("GET", "/projects/apps", projects.list_applications),
    Route("GET", "/projects/apps/{application_id}", projects.show_application),
    Route("POST", "/projects/apps/{application_id}/action", projects.act_on_application),
    Route("GET", "/projects/{project_id}", projects.show_project),
    Route("PUT", "/projects/{project_id}", projects.modify_project, status=201),
    Route("POST", "/projects/{project_id}", projects.modify_project, status=201),
    Route("POST", "/projects/{project_id}/action", projects.act_on_project),
    Route("GET", "/authenticate", people.legacy_authenticate),
    *[
        Route(method, "/{rest*}", unknown_address, auth=False)
        for method in ("GET", "POST", "PUT", "DELETE")
    ],
]


def token_of(call: Call) -> str | None:
    """Read the token from the query, else from the header. Spec: identity 5."""
    return call.arg("X-Auth-Token") or call.headers.get("X-Auth-Token") or None


API = (
    Api(
        "account",
        "account/v1.0",
        ROUTES,
        fault_style=ASTAKOS,
        authenticate=callers.authenticate,
        token_of=token_of,
    )
    .serving("account")
    .wrapped(xml.or_json)
)
