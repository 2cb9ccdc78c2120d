"""audit-list, audit-verify, audit-export, run as an operator runs them."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from synnefo.astakos.models import DATABASE, AuditEntry
from synnefo.astakos.usecases import audit
from synnefo.kit.clock import now
from tests.support.astakos import a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)


def run(name: str, *arguments: str) -> str:
    """Run one command and answer what it printed."""
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def acts(*arguments: str) -> list[str]:
    """List the acts that `audit-list` finds."""
    told = json.loads(run("audit_list", *arguments, "--output-format", "json"))
    return [row["act"] for row in told]


def test_entries_are_found_by_who_whom_what_when_and_where() -> None:
    ada, eve = a_user("ada@x.org"), a_user("eve@x.org")
    AuditEntry.objects.all().delete()
    audit.record("user.accepted", actor=ada, subject=eve, address="192.0.2.7")
    audit.record("user.rejected", actor=ada, subject="somebody", address="198.51.100.7")
    audit.record("project.made", actor=eve, subject=ada, address="192.0.2.8")
    AuditEntry.objects.filter(act="user.rejected").update(at=now() - timedelta(days=400))
    assert acts() == ["project.made", "user.rejected", "user.accepted"]
    assert acts("--who", "ada@x.org") == ["user.rejected", "user.accepted"]
    assert acts("--who", ada.uuid) == acts("--who", "ada@")
    assert acts("--whom", "ada@x.org") == ["project.made"]
    assert acts("--user", eve.uuid) == ["project.made", "user.accepted"]
    assert acts("--act", "user") == ["user.rejected", "user.accepted"]
    assert acts("--act", "user.accepted") == ["user.accepted"]
    assert acts("--act", "us") == []
    assert acts("--address", "192.0.2.") == ["project.made", "user.accepted"]
    assert acts("--address", "192.0.2.7") == ["user.accepted"]
    assert acts("--until", (now() - timedelta(days=300)).isoformat()) == ["user.rejected"]
    assert acts("--since", str(now().date() - timedelta(days=3)), "--limit", "1") == [
        "project.made"
    ]


def test_a_time_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(CommandError, match="2026-01-31"):
        run("audit_list", "--since", "yesterday")


def test_a_whole_log_verifies_and_a_changed_one_does_not() -> None:
    for number in range(3):
        audit.record("thing.made", subject=str(number))
    told = json.loads(run("audit_verify", "--output-format", "json"))
    assert told["entries"] == 3
    run("audit_verify", "--head", told["head"])
    AuditEntry.objects.filter(number=2).update(subject="forged")
    with pytest.raises(CommandError, match="entry 2 was changed"):
        run("audit_verify")


def test_an_export_is_checked_apart_from_the_database(tmp_path: Path) -> None:
    for number in range(4):
        audit.record("thing.made", subject=str(number))
    file = tmp_path / "audit.jsonl"
    run("audit_export", "--file", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    told = json.loads(run("audit_verify", "--file", str(file), "--output-format", "json"))
    assert told["head"] == audit.verify().head
    late = run("audit_export", "--first", "3").splitlines()
    part = tmp_path / "part.jsonl"
    part.write_text("\n".join(late) + "\n")
    assert "whole" in run("audit_verify", "--file", str(part))
    part.write_text(file.read_text().replace("thing.made", "thing.lost", 1))
    with pytest.raises(CommandError, match="does not hold"):
        run("audit_verify", "--file", str(part))


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("{")
    with pytest.raises(CommandError, match="no export"):
        run("audit_verify", "--file", str(broken))
    with pytest.raises(CommandError, match="cannot be read"):
        run("audit_verify", "--file", str(tmp_path / "none"))
    audit.record("thing.made")
    with pytest.raises(CommandError, match="cannot be written"):
        run("audit_export", "--file", str(broken))
