"""Keys for programs, asked for in a browser: a session left alone makes none."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from synnefo.astakos.models import DATABASE, User
from synnefo.kit.clock import now
from tests.support.astakos import PASSWORD, a_token, a_user
from tests.support.identity_calls import call, with_token
from tests.support.page import Page

pytestmark = pytest.mark.django_db(databases=[DATABASE])


def wishes(user: User) -> dict[str, Any]:
    """List what makes a key that outlives the session, by path."""
    home = f"/users/{user.uuid}"
    trust = {"trustor_user_id": user.uuid, "trustee_user_id": user.uuid, "impersonation": True}
    roles = {"project_id": user.uuid, "roles": [{"name": "member"}]}
    return {
        f"{home}/application_credentials": {"application_credential": {"name": "robot"}},
        f"{home}/credentials/OS-EC2": {"tenant_id": user.uuid},
        "/credentials": {"credential": {"type": "cert", "blob": "x"}},
        "/OS-TRUST/trusts": {"trust": {**trust, **roles}},
    }


def test_a_session_left_alone_makes_keys_only_when_its_holder_proves_themselves() -> None:
    user, page = a_user(), Page()
    page.sign_in(user.username, PASSWORD)
    with time_machine.travel(now() + timedelta(hours=1)):
        rescoped = with_token(page.token, {"project": {"id": user.uuid}}).token
        for path, body in wishes(user).items():
            for token in (page.token, rescoped):
                refused = call("POST", path, token, body)
                assert refused.status == 403, path
                assert refused.headers["X-Confirm"] == "required"
        assert page.post("/session/confirm", {"password": PASSWORD}).status_code == 200
        for path, body in wishes(user).items():
            assert call("POST", path, page.token, body).status == 201, path


def test_programs_prove_themselves_by_their_token() -> None:
    user = a_user()
    token = a_token(user)
    with time_machine.travel(now() + timedelta(hours=1)):
        for path, body in wishes(user).items():
            assert call("POST", path, token, body).status == 201, path
