"""Runs of commands, kept in a log of their own and in the audit log, without secrets."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.kit import conf
from synnefo.serve import command_log
from synnefo.serve.command_settings import CommandSettings

PASSWORD = "correct horse battery"


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["a@x.org", "--password", "s3cret"], "a@x.org --password ***"),
        (["--password=s3cret", "--admin"], "--password=*** --admin"),
        (["astakos", "--auth-token", "s3cret"], "astakos --auth-token ***"),
        (["u", "--renew-token", "--verify"], "u --renew-token --verify"),
        (["u", "--renew-password", "x"], "u --renew-password x"),
        (["id", "--secret", "s3cret"], "id --secret ***"),
    ],
)
def test_secrets_in_command_lines_are_masked(arguments: list[str], shown: str) -> None:
    assert " ".join(command_log.masked(arguments)) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("password: s3cret", "password: ***"),
        ("Token: s3cret", "Token: ***"),
        ('  "password": "s3cret",', '  "password": ***'),
        ("ASTAKOS_SERVICE_TOKEN = 's3cret'", "ASTAKOS_SERVICE_TOKEN = ***"),
        ("token,s3cret", "token,***"),
        ("token expiration: 2026-01-31", "token expiration: 2026-01-31"),
        ("email: ada@x.org", "email: ada@x.org"),
    ],
)
def test_secrets_in_what_is_printed_are_masked(line: str, shown: str) -> None:
    assert command_log.masked_line(line) == shown


def test_lists_and_shows_are_not_kept_unless_settings_say_so() -> None:
    assert not command_log.is_kept("user-list")
    assert not command_log.is_kept("user-show")
    assert command_log.is_kept("user-modify")
    with conf.override(CommandSettings, logger_exclude_commands="^user-modify$"):
        assert command_log.is_kept("user-list")
        assert not command_log.is_kept("user-modify")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make the settings and the database of an Astakos."""
    folder = tmp_path_factory.mktemp("cloud")
    for name in ("conf", "db", "run", "log"):
        (folder / name).mkdir()
    (folder / "conf" / "10-test.conf").write_text(
        f"SYNNEFO_DATA_DIR = {str(folder)!r}\nSECRET_KEY = 'tests'\n"
        f"LOG_DIR = {str(folder / 'log')!r}\n"
    )
    assert manage(folder, "migrate", "--database", "astakos").returncode == 0
    yield folder


def manage(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `snf-manage` as an operator does."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SYNNEFO_", "DJANGO_"))}
    environment = {
        **kept,
        "SYNNEFO_SETTINGS_DIR": str(folder / "conf"),
        "SYNNEFO_EXCLUDE_PACKAGES": "snf-pithos-app:snf-cyclades-app",
    }
    command = [sys.executable, "-m", "synnefo.webproject.manage", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def last_run(folder: Path) -> dict[str, str]:
    """Answer what the audit log knows of the last run."""
    told = manage(
        folder,
        *("audit-list", "--act", "command.run", "--limit", "1"),
        *("--output-format", "json", "-o", "facts,who,actor"),
    )
    found: list[dict[str, str]] = json.loads(told.stdout)
    return found[0]


def test_a_run_is_kept_with_its_output_and_in_the_audit_log(cloud: Path) -> None:
    done = manage(cloud, "user-add", "ada@x.org", "Ada", "Byron", "--password", PASSWORD)
    assert done.returncode == 0, done.stderr
    (file,) = (cloud / "log" / "commands").glob("*_user-add_*.log")
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert text.startswith("snf-manage user-add ada@x.org Ada Byron --password ***\n")
    assert "uuid: " in text
    assert PASSWORD not in text
    told = manage(
        cloud,
        "audit-list",
        "--act",
        "command.run",
        "--output-format",
        "json",
        "-o",
        "facts,who,actor",
    )
    row = json.loads(told.stdout)[0]
    assert json.loads(row["facts"])["exit_code"] == 0
    assert "***" in json.loads(row["facts"])["line"]
    assert row["actor"].startswith("command:")


def test_a_password_that_was_made_is_in_no_log(cloud: Path) -> None:
    done = manage(cloud, "user-add", "eve@x.org", "Eve", "Else")
    password = next(
        line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("password")
    )
    (file,) = [
        f for f in (cloud / "log" / "commands").glob("*.log") if "eve@x.org" in f.read_text()
    ]
    assert password not in file.read_text()


def test_a_failed_run_is_kept_with_its_exit_code(cloud: Path) -> None:
    assert manage(cloud, "user-modify", "nobody@x.org", "--verify").returncode == 1
    told = manage(
        cloud, "audit-list", "--whom", "user-modify", "--output-format", "json", "-o", "facts"
    )
    assert json.loads(json.loads(told.stdout)[0]["facts"])["exit_code"] == 1


def test_lists_leave_no_trace_and_a_log_that_cannot_be_written_only_warns(cloud: Path) -> None:
    before = len(list((cloud / "log" / "commands").iterdir()))
    assert manage(cloud, "user-list").returncode == 0
    assert len(list((cloud / "log" / "commands").iterdir())) == before
    settings = cloud / "conf" / "20-log.conf"
    settings.write_text("LOG_DIR = '/proc/nowhere'\n")
    done = manage(cloud, "user-modify", "ada@x.org", "--verify")
    settings.unlink()
    assert done.returncode == 0
    assert "not logged" in done.stderr


def test_an_unknown_command_is_named_with_a_hint(cloud: Path) -> None:
    done = manage(cloud, "user-fly")
    assert done.returncode == 1
    assert "user-fly" in done.stderr and "help" in done.stderr
