"""Those who guess: counted before they are checked, slowed down, never able to lock others out."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connections

from synnefo.astakos.models import DATABASE, LoginFailures, User
from synnefo.astakos.settings import AstakosSettings, SecuritySettings
from synnefo.astakos.usecases import known_devices, logins, passwords
from synnefo.astakos.usecases.attempts import Knock
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import TooManyRequests, Unauthorized
from tests.support.astakos import PASSWORD, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)

HERE, THERE = "192.0.2.1", "198.51.100.7"


def knock(user: User | str, password: str, address: str = HERE, **more: object) -> str:
    """Try to come in; answers `in`, `wrong` or `held`."""
    name = user if isinstance(user, str) else user.username
    tried = Knock(identifier=name, address=address, **more)  # type: ignore[arg-type] # a test's
    try:
        logins.knocked(tried, password)
    except Unauthorized:
        return "wrong"
    except TooManyRequests as fault:
        assert fault.headers["X-Captcha"] == "required"
        assert int(fault.headers["Retry-After"]) > 0
        return "held"
    return "in"


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The stored hashes that passwords were compared with, in order."""
    seen: list[str] = []
    real = passwords.is_right

    def counted(stored: str, password: str) -> bool:
        seen.append(stored)
        return real(stored, password)

    monkeypatch.setattr(passwords, "is_right", counted)
    yield seen


def queries(act: Callable[[], object]) -> list[str]:
    """List the statements that an act sends, without their values."""
    connection = connections[DATABASE]
    seen: list[str] = []

    def wrapper(execute, sql, params, many, context):  # type: ignore[no-untyped-def] # Django's hook
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        act()
    return seen


class TestOneAccountFromOneAddress:
    """The pair waits; nobody else does."""

    def test_no_hash_is_computed_for_who_has_to_wait(self, hashes: list[str]) -> None:
        user = a_user()
        told = [knock(user, "wrong password") for _ in range(6)]
        assert told == ["wrong"] * 3 + ["held"] * 3
        assert len(hashes) == 3

    def test_the_owner_elsewhere_comes_in(self) -> None:
        user = a_user()
        for _ in range(5):
            knock(user, "wrong password")
        assert knock(user, PASSWORD) == "held"
        assert knock(user, PASSWORD, THERE) == "in"
        with time_machine.travel(now() + timedelta(seconds=62)):
            assert knock(user, PASSWORD) == "in"

    def test_many_at_once_get_no_more_guesses(self, hashes: list[str]) -> None:
        user, told = a_user(), []

        def guess() -> None:
            told.append(knock(user, "wrong password"))
            connections.close_all()

        threads = [threading.Thread(target=guess) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told) == ["held"] * 9 + ["wrong"] * 3
        assert len(hashes) == 3

    def test_many_programs_of_one_owner_come_in_at_once(self) -> None:
        user, told = a_user(), []

        def enter() -> None:
            told.append(knock(user, PASSWORD))
            connections.close_all()

        threads = [threading.Thread(target=enter) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert told == ["in"] * 10

    def test_a_puzzle_lets_one_try_more_but_not_without_end(self) -> None:
        user = a_user()
        for _ in range(4):
            knock(user, "wrong password")
        assert knock(user, "wrong password", puzzle_solved=True) == "wrong"
        for _ in range(30):
            last = knock(user, "wrong password", puzzle_solved=True)
        assert last == "held"
        assert knock(user, PASSWORD, THERE) == "in"

    def test_an_ipv6_customer_is_one_address(self) -> None:
        user = a_user()
        told = [knock(user, "wrong password", f"2001:db8::{n}") for n in range(1, 6)]
        assert told == ["wrong"] * 3 + ["held"] * 2
        assert knock(user, PASSWORD, "2001:db8:1::1") == "in"


class TestManyAddresses:
    """One account guessed from everywhere: strangers solve puzzles, known browsers walk in."""

    @pytest.fixture(autouse=True)
    def _small(self) -> Iterator[None]:
        with conf.override(SecuritySettings, astakos_login_account_limit=5):
            yield

    def test_strangers_solve_puzzles_and_known_ones_do_not(self) -> None:
        user = a_user()
        known_devices.remember(user, "my-browser", "")
        known_devices.remember(user, "", THERE)
        for number in range(8):
            knock(user, "wrong password", f"203.0.113.{number}")
        assert knock(user, PASSWORD, "203.0.113.99") == "held"
        assert knock(user, PASSWORD, "203.0.113.99", puzzle_solved=True) == "in"
        assert knock(user, PASSWORD, "203.0.113.99", device="my-browser") == "in"
        assert knock(user, PASSWORD, THERE) == "in"

    def test_a_browser_known_to_one_account_is_a_stranger_to_another(self) -> None:
        mine, theirs = a_user(), a_user()
        known_devices.remember(mine, "my-browser", HERE)
        for number in range(8):
            knock(theirs, "wrong password", f"203.0.113.{number}")
        assert knock(theirs, "wrong password", device="my-browser") == "held"

    def test_a_known_browser_guesses_no_more_than_others(self) -> None:
        user = a_user()
        known_devices.remember(user, "my-browser", HERE)
        told = [knock(user, "wrong password", device="my-browser") for _ in range(5)]
        assert told == ["wrong"] * 3 + ["held"] * 2


class TestManyAccounts:
    """One password tried on everybody from one address."""

    @pytest.fixture(autouse=True)
    def _small(self) -> Iterator[None]:
        with conf.override(SecuritySettings, astakos_login_address_limit=5):
            yield

    def test_spraying_is_held_up_and_others_elsewhere_are_not(self, hashes: list[str]) -> None:
        users = [a_user() for _ in range(4)]
        names = [*(user.username for user in users), *(f"no{n}@example.org" for n in range(5))]
        told = [knock(name, "Summer2026") for name in names]
        assert told == ["wrong"] * 5 + ["held"] * 4
        assert len(hashes) == 5
        assert knock(users[0], PASSWORD, THERE) == "in"

    def test_a_colleague_at_the_same_address_comes_in_by_a_known_browser(self) -> None:
        user = a_user()
        known_devices.remember(user, "my-browser", "")
        for number in range(8):
            knock(f"no{number}@example.org", "Summer2026")
        assert knock(user, PASSWORD) == "held"
        assert knock(user, PASSWORD, device="my-browser") == "in"

    def test_successes_are_not_counted_against_an_address(self) -> None:
        told = [knock(a_user(), PASSWORD) for _ in range(8)]
        assert told == ["in"] * 8


class TestSameWork:
    """Known, unknown and sleeping accounts cost the same."""

    def test_each_costs_one_hash_and_the_same_statements(self, hashes: list[str]) -> None:
        user, waiting = a_user(), a_user(accepted=False)
        names = [user.username, waiting.username, "nobody@example.org", user.uuid]
        seen = [queries(lambda n=name: knock(n, "wrong password")) for name in names]  # type: ignore[misc] # bound now
        assert all(each == seen[0] for each in seen)
        assert len(hashes) == 4

    def test_nobodys_hash_has_the_cost_of_today(self) -> None:
        with conf.override(AstakosSettings, astakos_argon2_time_cost=3):
            nobody = passwords._nobodys(passwords._hasher())
            assert not passwords.is_outdated(nobody)
            assert "t=3" in nobody


def test_counts_that_hold_nobody_up_are_forgotten() -> None:
    knock("nobody@example.org", "wrong password")
    with time_machine.travel(now() + timedelta(days=2)):
        logins.forget_old()
    assert not LoginFailures.objects.exists()
