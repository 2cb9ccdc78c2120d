"""The table of the operators' API; `gate.operators_only` guards every route of it."""

from synnefo.astakos.api.discovery import identity_url
from synnefo.astakos.api.ui import audit
from synnefo.astakos.api.ui.operators import users
from synnefo.astakos.api.ui.operators.gate import operators_only
from synnefo.serve.http import IDENTITY, Api, Route

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
AUDIT = [
    Route("GET", "/audit", audit.list_all),
    Route("GET", "/audit/acts", audit.list_acts),
    Route("GET", "/audit/chain", audit.show_chain),
    Route("GET", "/audit/export", audit.export_all),
]
API = Api(
    "astakos-operators",
    "ui/operators",
    [*USERS, *AUDIT],
    fault_style=IDENTITY,
    authenticate=operators_only,
    identity_url=identity_url,
)
