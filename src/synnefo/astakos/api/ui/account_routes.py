"""The table of becoming a user and of one's own account."""

from synnefo.astakos.api.ui import account, sign_up
from synnefo.serve.http import Route

ROUTES = [
    Route("GET", "/site", account.show_site, auth=False),
    Route("GET", "/captcha", sign_up.show_puzzle, auth=False),
    Route("POST", "/sign-up/form", sign_up.show_form, auth=False),
    Route("POST", "/sign-up", sign_up.sign_up, auth=False),
    Route("POST", "/activation", sign_up.confirm_address, auth=False),
    Route("POST", "/activation/again", sign_up.send_again, status=202, auth=False),
    Route("GET", "/terms", account.show_terms, auth=False),
    Route("GET", "/terms/{terms_id}", account.show_version, auth=False),
    Route("POST", "/session/terms", account.sign_terms, status=204, auth=False),
    Route("GET", "/account", account.show_profile),
    Route("PATCH", "/account", account.change_profile),
    Route("POST", "/account/email", account.ask_email_change),
    Route("DELETE", "/account/email", account.cancel_email_change),
    Route("POST", "/email-change", account.confirm_email_change, auth="optional"),
    Route("GET", "/invitations", account.list_invitations),
    Route("POST", "/invitations", account.invite, status=201),
    Route("POST", "/feedback", account.send_feedback, status=202),
    Route("GET", "/.kamakirc", account.show_kamakirc),
]
