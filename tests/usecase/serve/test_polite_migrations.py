"""A migration never makes others wait long for a table, and tries again by itself."""

import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connections, transaction

from synnefo.serve.statements import fetch, is_postgresql
from synnefo.webproject.management.commands import migrate

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)
LOCK = "LOCK TABLE cyclades_volumetype IN ACCESS SHARE MODE"
CHANGE = "ALTER TABLE cyclades_volumetype ADD COLUMN passing integer"
UNDO = "ALTER TABLE cyclades_volumetype DROP COLUMN passing"


class Holder(threading.Thread):
    """Somebody who reads a table in a long transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.holds, self.lets_go = threading.Event(), threading.Event()

    def run(self) -> None:
        with transaction.atomic(using="cyclades"):
            fetch("cyclades", LOCK)
            self.holds.set()
            self.lets_go.wait(60)
        connections.close_all()


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the command change one table instead of running migrations; answer its attempts."""
    tried: list[str] = []

    def change(_command: Migrate, *_args: Any, **_options: Any) -> None:
        tried.append("tried")
        fetch("cyclades", CHANGE)

    monkeypatch.setattr(Migrate, "handle", change)
    monkeypatch.setattr(migrate, "PATIENCE", "100ms")
    monkeypatch.setattr(migrate, "PAUSE", 0.1)
    return tried


def test_it_gives_up_a_table_that_others_hold_and_takes_it_when_they_are_done(
    changes: list[str],
) -> None:
    if not is_postgresql("cyclades"):
        call_command("migrate", database="cyclades", verbosity=0)
        assert changes == ["tried"]
        fetch("cyclades", UNDO)
        return
    holder = Holder()
    holder.start()
    holder.holds.wait(60)
    with pytest.raises(CommandError, match="in use"):
        call_command("migrate", database="cyclades", verbosity=0)
    assert len(changes) == migrate.ATTEMPTS
    holder.lets_go.set()
    holder.join()
    call_command("migrate", database="cyclades", verbosity=0)
    fetch("cyclades", UNDO)


def test_other_failures_are_told_at_once(
    changes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_command: Migrate, *_args: Any, **_options: Any) -> None:
        changes.append("tried")
        raise OperationalError("the disk is full")

    monkeypatch.setattr(Migrate, "handle", fail)
    with pytest.raises(OperationalError, match="disk"):
        call_command("migrate", database="cyclades", verbosity=0)
    assert changes == ["tried"]
