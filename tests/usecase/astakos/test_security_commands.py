"""Operators' commands about what guards an account."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command

from synnefo.astakos.models import (
    DATABASE,
    AuthReceipt,
    Entrance,
    KnownDevice,
    PasswordReset,
    RecoveryCode,
    SessionCatalog,
    Token,
    TotpDevice,
    User,
)
from synnefo.astakos.usecases import (
    entrances,
    known_devices,
    password_changes,
    receipts,
    recovery_codes,
    sessions,
    totp,
)
from synnefo.astakos.usecases.sessions import Visit
from synnefo.kit.clock import now
from tests.support.astakos import a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])


def run(name: str, *arguments: str) -> dict[str, object]:
    """Run a command and read the JSON that it printed."""
    out = io.StringIO()
    call_command(name, *arguments, "--output-format", "json", stdout=out)
    told: dict[str, object] = json.loads(out.getvalue() or "{}")
    return told


def with_factor() -> User:
    """Make a user with an authenticator app and recovery codes."""
    user = a_user()
    totp.begin(user)
    TotpDevice.objects.filter(user=user).update(confirmed_at=now())
    recovery_codes.renew(user)
    return user


def test_second_factors_are_reset_for_who_lost_them() -> None:
    user, other = with_factor(), with_factor()
    told = run("user_modify", user.email, "--reset-second-factor")
    assert told["second factors removed"] == "1"
    assert not RecoveryCode.objects.filter(user=user).exists()
    assert TotpDevice.objects.get().user == other
    entry = entrances.enter(user, method="password", address="", agent="")
    assert entry.session is not None


def test_a_password_is_expired_and_sessions_are_ended() -> None:
    user = a_user()
    sessions.begin(user, ("password",), Visit())
    told = run("user_modify", user.email, "--expire-password", "--end-sessions")
    assert told["sessions ended"] == "1"
    assert not SessionCatalog.objects.exists()
    user.refresh_from_db()
    entry = entrances.enter(user, method="password", address="", agent="")
    assert entry.challenge is not None
    assert entry.challenge.step == "new-password"


def test_cleanup_full_deletes_what_ran_out_and_nothing_else() -> None:
    user = with_factor()
    fresh, _ = sessions.begin(user, ("password",), Visit())
    old, _ = sessions.begin(user, ("password",), Visit())
    Token.objects.filter(pk=old.row.pk).update(expires_at=now() - timedelta(seconds=1))
    entrances.enter(user, method="password", address="", agent="")
    password_changes.new_link(user)
    receipts.issue(user, ("password",))
    known_devices.remember(user, "browser", "192.0.2.1")
    past = now() - timedelta(days=400)
    for model in (Entrance, PasswordReset, AuthReceipt):
        model.objects.update(expires_at=past)
    KnownDevice.objects.update(used_at=past)
    told = run("cleanup_full")
    assert told["sessions"] == 1
    assert told["entrances"] == told["receipts"] == told["password links"] == 1
    assert told["devices"] == 2
    assert SessionCatalog.objects.get().token == fresh.row
    assert TotpDevice.objects.filter(user=user).exists()
