"""Promises that crashes left open are settled, and books that are wrong are put right."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from synnefo.cyclades.models import QuotaHolderSerial, Server
from synnefo.cyclades.usecases import floating_ips, server_actions, servers
from synnefo.cyclades.usecases.floating_ips import FloatingIpOrder
from synnefo.kit import clock
from synnefo.wire.provisions import charges
from tests.support.compute import Stage, a_caller, an_image
from tests.support.networks import a_private, a_public

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA, EVE = a_caller(), a_caller("eve")


def run(name: str, *words: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command(name, *words, "--output-format", "json", stdout=out, stderr=io.StringIO())
    return list(json.loads(out.getvalue()))


def a_promise(stage: Stage, *, accept: bool | None, minutes: int = 10) -> int:
    """Leave a promise open: decided here but never told, or never decided."""
    serial = stage.quota.issue_commission(charges("ada", "ada", {"cyclades.vm": 1}))
    QuotaHolderSerial.objects.create(
        serial=serial,
        pending=accept is None,
        accept=bool(accept),
        issued=clock.now() - timedelta(minutes=minutes),
    )
    return serial


class TestCommissions:
    def test_every_kind_is_shown_and_settled(self, stage: Stage) -> None:
        yes, no = a_promise(stage, accept=True), a_promise(stage, accept=False)
        undecided = a_promise(stage, accept=None)
        unknown = stage.quota.issue_commission(charges("ada", "ada", {"cyclades.vm": 1}))
        verdicts = {yes: "accept", no: "reject", undecided: "reject", unknown: "reject"}
        shown = run("reconcile_commissions_cyclades")
        assert {row["serial"]: row["verdict"] for row in shown} == verdicts
        assert not any(row["settled"] for row in shown)
        settled = run("reconcile_commissions_cyclades", "--fix", "--patience", "0.2")
        assert [row for row in settled if not row["settled"]] == []
        assert stage.quota.of("ada") == {"cyclades.vm": 1}
        assert run("reconcile_commissions_cyclades") == []

    def test_a_young_promise_is_left_to_who_made_it(self, stage: Stage) -> None:
        a_promise(stage, accept=None, minutes=0)
        (row,) = run("reconcile_commissions_cyclades", "--fix")
        assert row["settled"] is False

    def test_rows_let_go_of_serials_that_are_settled(self, stage: Stage) -> None:
        server = servers.create(ADA, stage.order()).servers[0]
        stage.run()
        serial = a_promise(stage, accept=None)
        Server.objects.filter(id=server.id).update(serial=serial)
        run("reconcile_commissions_cyclades", "--fix")
        assert Server.objects.get().serial is None

    def test_a_job_that_still_runs_keeps_its_serial_and_the_totals_stay_right(
        self, stage: Stage
    ) -> None:
        server = servers.create(ADA, stage.order()).servers[0]
        stage.run()
        server_actions.stop(ADA, str(server.id))
        QuotaHolderSerial.objects.update(issued=clock.now() - timedelta(minutes=10))
        run("reconcile_commissions_cyclades", "--fix")
        stage.run()
        assert "cyclades.cpu" not in stage.quota.of("ada")
        assert run("reconcile_resources_cyclades") == []


class TestResources:
    def fill(self, stage: Stage) -> None:
        """Let two users hold something of everything."""
        an_image(stage.shelf, owner="*")
        a_private(ADA)
        a_public(floating_ip_pool=True)
        floating_ips.create(ADA, FloatingIpOrder())
        for who in (ADA, EVE):
            servers.create(who, stage.order())
            servers.create(who, stage.order())
        stage.run()
        server_actions.stop(ADA, str(Server.objects.filter(userid="ada")[0].id))
        stage.run()

    def test_a_true_picture_has_no_differences(self, stage: Stage) -> None:
        self.fill(stage)
        assert run("reconcile_resources_cyclades") == []

    def test_wrong_books_are_shown_and_corrected(self, stage: Stage) -> None:
        self.fill(stage)
        before = stage.quota.of("ada")
        stage.quota.issue_commission(
            charges("ada", "ada", {"cyclades.vm": 5, "cyclades.disk": -7}), auto_accept=True
        )
        rows = run("reconcile_resources_cyclades", "--fix")
        assert {(r["type"], r["holder"], r["resource"]) for r in rows} == {
            (kind, "ada", resource)
            for kind in ("user", "project")
            for resource in ("cyclades.vm", "cyclades.disk")
        }
        assert stage.quota.of("ada") == before
        assert run("reconcile_resources_cyclades") == []

    def test_one_user_or_project_may_be_named(self, stage: Stage) -> None:
        self.fill(stage)
        for name in ("ada", "eve"):
            stage.quota.issue_commission(charges(name, name, {"cyclades.vm": 1}), auto_accept=True)
        rows = run("reconcile_resources_cyclades", "--user", "eve")
        assert [(row["type"], row["holder"]) for row in rows] == [("user", "eve")]
        rows = run("reconcile_resources_cyclades", "--project", "ada")
        assert {(row["type"], row["holder"]) for row in rows} == {
            ("user", "ada"),
            ("project", "ada"),
        }

    def test_what_is_under_way_is_skipped(self, stage: Stage) -> None:
        self.fill(stage)
        stage.quota.issue_commission(charges("ada", "ada", {"cyclades.vm": 1}), auto_accept=True)
        a_promise(stage, accept=None, minutes=0)
        assert run("reconcile_resources_cyclades", "--fix") == []

    def test_above_a_limit_force_is_needed(self, stage: Stage) -> None:
        self.fill(stage)
        stage.quota.issue_commission(charges("ada", "ada", {"cyclades.vm": -1}), auto_accept=True)
        stage.quota.limits = {"cyclades.vm": 1}
        with pytest.raises(CommandError, match="limit"):
            run("reconcile_resources_cyclades", "--fix")
        run("reconcile_resources_cyclades", "--fix", "--force")
        assert run("reconcile_resources_cyclades") == []
