"""Who holds too much loses just enough, the least useful things first. Spec: compute 15.4."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from synnefo.cyclades.models import IPAddress, Server
from synnefo.cyclades.usecases import floating_ips, server_actions, servers
from synnefo.cyclades.usecases.floating_ips import FloatingIpOrder
from tests.support.compute import Stage, a_caller
from tests.support.networks import a_public

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA = a_caller()


def run(*words: str) -> dict[str, Any]:
    out = io.StringIO()
    told = io.StringIO()
    shape = ("--output-format", "json", "--force")
    call_command("enforce_resources_cyclades", *words, *shape, stdout=out, stderr=told)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def four_servers(stage: Stage) -> list[int]:
    """Make four servers: one stopped, one failed, two that run."""
    made = [servers.create(ADA, stage.order()).servers[0].id for _one in range(4)]
    stage.run()
    server_actions.stop(ADA, str(made[0]))
    stage.run()
    Server.objects.filter(id=made[1]).update(operstate="ERROR")
    return made


def deeds(told: dict[str, Any]) -> list[tuple[int, str]]:
    return [(one["ID"], one["Action"]) for one in told["actions"]]


def test_within_the_limits_nothing_goes(stage: Stage) -> None:
    four_servers(stage)
    assert run() == {"violations": [], "actions": []}


def test_processors_are_freed_by_shutting_down_and_failed_ones_go_first(stage: Stage) -> None:
    made = four_servers(stage)
    stage.quota.limits = {"cyclades.cpu": 1}
    told = run("--resources", "cyclades.cpu")
    (one,) = told["violations"]
    assert (one["Holder"], one["Limit"], one["Usage"]) == ("ada", 1, 3)
    assert deeds(told) == [(made[1], "REMOVE"), (made[3], "SHUTDOWN")]
    assert all(one["Result"] is None for one in told["actions"])
    told = run("--resources", "cyclades.cpu", "--fix")
    assert all(one["Result"] == "OK" for one in told["actions"])
    stage.run()
    assert run("--resources", "cyclades.cpu") == {"violations": [], "actions": []}


def test_machines_are_removed_or_softly_shut_down(stage: Stage) -> None:
    made = four_servers(stage)
    stage.quota.limits = {"cyclades.vm": 1}
    assert deeds(run("--resources", "cyclades.vm")) == [
        (made[0], "REMOVE"),
        (made[1], "REMOVE"),
        (made[3], "REMOVE"),
    ]
    soft = run("--soft-resources", "cyclades.vm")
    assert deeds(soft) == [(made[1], "REMOVE"), (made[3], "SHUTDOWN")]


def test_a_cluster_is_not_overwhelmed(stage: Stage) -> None:
    four_servers(stage)
    stage.quota.limits = {"cyclades.vm": 0}
    assert len(deeds(run("--resources", "cyclades.vm", "--max-operations", "2"))) == 2


def test_root_disks_stay_unless_their_servers_may_go(stage: Stage) -> None:
    four_servers(stage)
    stage.quota.limits = {"cyclades.disk": 0}
    assert deeds(run("--resources", "cyclades.disk")) == []
    told = run("--resources", "cyclades.disk", "--remove-system-volumes", "--fix")
    assert len(told["actions"]) == 4
    stage.run()
    assert not Server.objects.filter(deleted=False).exists()


def test_addresses_go_unused_ones_first(stage: Stage) -> None:
    a_public(floating_ip_pool=True)
    held = [floating_ips.create(ADA, FloatingIpOrder()) for _one in range(2)]
    stage.quota.limits = {"cyclades.floating_ip": 1}
    told = run("--resources", "cyclades.floating_ip", "--fix")
    assert deeds(told) == [(held[1].id, "REMOVE")]
    assert IPAddress.objects.count() == 1


def test_people_may_be_chosen_and_spared(stage: Stage) -> None:
    four_servers(stage)
    stage.quota.limits = {"cyclades.vm": 1}
    assert run("--users", "eve")["violations"] == []
    assert run("--exclude-users", "ada")["violations"] == []
    assert run("--exclude-projects", "ada")["violations"] == []
    assert len(run("--projects", "ada")["violations"]) == 1


def test_nonsense_is_refused(stage: Stage) -> None:
    for words in (
        ("--resources", "cyclades.odd"),
        ("--soft-resources", "cyclades.disk"),
        ("--resources", "cyclades.vm", "--soft-resources", "cyclades.vm"),
    ):
        with pytest.raises(CommandError):
            run(*words)
