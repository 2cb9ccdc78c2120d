"""The table of the operators' API; `gate.operators_only` guards every route of it."""

from synnefo.astakos.api.discovery import identity_url
from synnefo.astakos.api.faults import PAGES
from synnefo.astakos.api.ui import audit
from synnefo.astakos.api.ui.operators import groups, policies, projects, quota, users
from synnefo.astakos.api.ui.operators.gate import operators_only
from synnefo.serve.http import Api, Route

USERS = [
    Route("GET", "/users", users.list_users),
    Route("POST", "/users", users.add_user, status=201),
    Route("GET", "/users/counts", users.count_users),
    Route("GET", "/users/ids", users.list_ids),
    Route("POST", "/users/deeds", users.do_deed),
    Route("POST", "/users/mail", users.send_mail, status=202),
    Route("GET", "/users/{user_id}", users.show_user),
    Route("PATCH", "/users/{user_id}", users.change_user),
    Route("POST", "/users/{user_id}/password", users.set_password),
    Route("PUT", "/users/{user_id}/quota", users.set_quota),
    Route("DELETE", "/users/{user_id}/sessions/{session_key}", users.end_session, status=204),
    Route("DELETE", "/users/{user_id}/tokens/{audit_id}", users.end_token, status=204),
]
PROJECTS = [
    Route("GET", "/projects", projects.list_projects),
    Route("GET", "/projects/counts", projects.count_projects),
    Route("POST", "/projects/deeds", projects.do_deed),
    Route("GET", "/projects/{project_id}", projects.show_project),
    Route("PATCH", "/projects/{project_id}", projects.change_project),
    Route("GET", "/applications", projects.list_applications),
    Route("POST", "/applications/deeds", projects.decide),
]
QUOTA = [
    Route("GET", "/quota/resources", quota.list_resources),
    Route("PATCH", "/quota/resources/{name}", quota.change_resource),
    Route("GET", "/quota/over", quota.list_over),
]
GROUPS = [
    Route("GET", "/groups", groups.list_groups),
    Route("POST", "/groups", groups.add_group, status=201),
    Route("PATCH", "/groups/{group_id}", groups.change_group),
    Route("DELETE", "/groups/{group_id}", groups.remove_group, status=204),
]
POLICIES = [
    Route("GET", "/policies", policies.show_policies),
    Route("POST", "/policies", policies.add_profile, status=201),
    Route("PUT", "/policies/{name}", policies.change_profile),
    Route("DELETE", "/policies/{name}", policies.remove_profile, status=204),
]
AUDIT = [
    Route("GET", "/audit", audit.list_all),
    Route("GET", "/audit/acts", audit.list_acts),
    Route("GET", "/audit/chain", audit.show_chain),
    Route("GET", "/audit/export", audit.export_all),
]
API = Api(
    "astakos-operators",
    "ui/operators",
    [*USERS, *PROJECTS, *QUOTA, *GROUPS, *POLICIES, *AUDIT],
    fault_style=PAGES,
    authenticate=operators_only,
    identity_url=identity_url,
)
