"""What is good once is good once, however many come at the same moment."""

import threading
from collections.abc import Callable

import pyotp
import pytest
from django.db import connections

from synnefo.astakos.domain.entrances import Step
from synnefo.astakos.models import DATABASE, SessionCatalog, TotpDevice, User
from synnefo.astakos.usecases import (
    entrances,
    password_changes,
    recovery_codes,
    totp,
)
from synnefo.astakos.usecases.sessions import Visit
from synnefo.kit.clock import now
from synnefo.kit.faults import Fault
from tests.support.astakos import a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)
MANY = 6


def at_once(act: Callable[[], object]) -> int:
    """Do something in many threads at once; answer in how many it came to something."""
    gate, came = threading.Barrier(MANY), []

    def run() -> None:
        gate.wait()
        try:
            came.append(bool(act()))
        except Fault:
            came.append(False)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came.count(True)


def guarded() -> tuple[User, pyotp.TOTP]:
    """Make a user with an authenticator app."""
    user = a_user()
    app = pyotp.TOTP(totp.begin(user))
    TotpDevice.objects.filter(user=user).update(confirmed_at=now())
    return user, app


def test_a_code_of_the_app() -> None:
    user, app = guarded()
    code = app.now()
    assert at_once(lambda: totp.use(user, code)) == 1


def test_a_recovery_code() -> None:
    user, _ = guarded()
    code = recovery_codes.renew(user)[0]
    assert at_once(lambda: recovery_codes.use(user, code)) == 1


def test_a_link_for_a_new_password() -> None:
    user = a_user()
    key = password_changes.new_link(user)
    assert at_once(lambda: password_changes.set_by_link(key, "another horse entirely")) == 1


def test_an_entrance() -> None:
    user, _ = guarded()
    entry = entrances.enter(user, method="password", address="", agent="")
    assert entry.challenge is not None
    secret = entry.challenge.secret

    def enter() -> bool:
        row = entrances.find(secret)
        entrances.check_step(row, Step.FACTOR)
        return entrances.go_on(row, secret, Visit(), factor="totp").session is not None

    assert at_once(enter) == 1
    assert SessionCatalog.objects.count() == 1


def test_tries_at_an_entrance_are_counted_before_they_are_checked() -> None:
    user, _ = guarded()
    entry = entrances.enter(user, method="password", address="", agent="")
    assert entry.challenge is not None
    row = entrances.find(entry.challenge.secret)

    def guess() -> bool:
        entrances.count_try(row)
        return True

    assert at_once(guess) + at_once(guess) == entrances.TRIES
