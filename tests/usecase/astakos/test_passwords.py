"""Passwords at rest: leaked ones refused, hashes made with today's cost."""

import hashlib
from pathlib import Path

import pytest

from synnefo.astakos.models import DATABASE
from synnefo.astakos.settings import SecuritySettings
from synnefo.astakos.usecases import passwords, users
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest
from tests.support.astakos import a_user


def leaked_file(folder: Path, leaked: list[str]) -> str:
    """Write a file of digests as published ones are: sorted, with counts."""
    digests = sorted(hashlib.sha1(text.encode()).hexdigest().upper() for text in leaked)
    file = folder / "leaked.txt"
    file.write_text("".join(f"{digest}:{n + 1}\r\n" for n, digest in enumerate(digests)))
    return str(file)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100, 257])
def test_every_leaked_password_is_found_and_no_other(tmp_path: Path, count: int) -> None:
    leaked = [f"leaked-{n}-Zebra" for n in range(count)]
    with conf.override(
        SecuritySettings, astakos_password_breached_file=leaked_file(tmp_path, leaked)
    ):
        for text in leaked:
            with pytest.raises(BadRequest, match="leak"):
                passwords.check_policy(text)
        for number in range(20):
            passwords.check_policy(f"not leaked {number} Zebra")


def test_the_shipped_list_holds_the_usual_ones() -> None:
    for usual in ("password1", "qwertyuiop", "iloveyou", "football"):
        with pytest.raises(BadRequest):
            passwords.check_policy(usual)


@pytest.mark.django_db(databases=[DATABASE])
def test_operators_keep_the_rules_too() -> None:
    user = a_user()
    with pytest.raises(BadRequest):
        users.set_password(user, "12345678")
    with pytest.raises(BadRequest):
        users.add(users.NewUser(email="grace@example.org", password="grace@example.org"))
