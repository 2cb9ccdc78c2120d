"""Every kind of difference between the database and a cluster is found, and put right."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command

from synnefo.cyclades.domain.costs import DISK
from synnefo.cyclades.domain.instances import DiskSpec, InstanceFacts, NicSpec
from synnefo.cyclades.domain.ports import RequestedNetwork
from synnefo.cyclades.domain.server_states import State
from synnefo.cyclades.engines import choose
from synnefo.cyclades.engines.simulated import World
from synnefo.cyclades.models import IPAddress, Port, Server, Volume
from synnefo.cyclades.usecases import reconcile, server_actions, servers
from synnefo.kit import clock
from synnefo.kit.units import GIB
from tests.support.compute import Stage, a_caller, a_cluster, a_flavor, fresh
from tests.support.networks import a_private, assert_nothing_leaked

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA = a_caller()
Damage = Callable[[Stage, Server], None]


def run(name: str, *words: str) -> list[dict[str, Any]]:
    out, told = io.StringIO(), io.StringIO()
    call_command(name, *words, "--output-format", "json", stdout=out, stderr=told)
    return list(json.loads(out.getvalue()))


def a_server(stage: Stage) -> Server:
    network = a_private(ADA)
    wanted = (RequestedNetwork(uuid=str(network.id)),)
    made = servers.create(ADA, stage.order(networks=wanted)).servers[0]
    stage.run()
    long_ago = clock.now() - timedelta(minutes=10)
    Port.objects.update(created=long_ago)
    Volume.objects.update(created=long_ago)
    return fresh(made)


def name_of(server: Server) -> str:
    return f"snf-{server.id}"


def change(stage: Stage, server: Server, **fields: object) -> None:
    facts = stage.world.instances[name_of(server)]
    stage.world.instances[name_of(server)] = msgspec.structs.replace(facts, **fields)


def facts_of(stage: Stage, server: Server) -> InstanceFacts:
    return stage.world.instances[name_of(server)]


def vanish(stage: Stage, server: Server) -> None:
    del stage.world.instances[name_of(server)]


def vanish_half_deleted(stage: Stage, server: Server) -> None:
    vanish(stage, server)
    Server.objects.filter(id=server.id).update(operstate="ERROR", action="DESTROY")


def die(stage: Stage, server: Server) -> None:
    change(stage, server, running=False, status="ERROR_down")


def wake(_stage: Stage, server: Server) -> None:
    Server.objects.filter(id=server.id).update(operstate="STOPPED")


def grow(stage: Stage, server: Server) -> None:
    a_flavor(cpu=2, ram=1024)
    change(stage, server, vcpus=2, memory_mib=1024)


def lose_card(stage: Stage, server: Server) -> None:
    change(stage, server, nics=())


def other_mac(stage: Stage, server: Server) -> None:
    nic = facts_of(stage, server).nics[0]
    change(stage, server, nics=(msgspec.structs.replace(nic, mac="aa:00:01:99:99:99"),))


def other_address(stage: Stage, server: Server) -> None:
    nic = facts_of(stage, server).nics[0]
    change(stage, server, nics=(msgspec.structs.replace(nic, ip="192.168.7.99"),))


def other_profile(stage: Stage, server: Server) -> None:
    port = Port.objects.get(server=server)
    change(stage, server, tags=(f"synnefo:network:snf-nic-{port.id}:protected",))


def card_in_wrong_place(_stage: Stage, server: Server) -> None:
    Port.objects.filter(server=server).update(index=5, state="BUILD")


def grown_disk(stage: Stage, server: Server) -> None:
    disk = facts_of(stage, server).disks[0]
    change(stage, server, disks=(msgspec.structs.replace(disk, size_mib=9 * 1024),))


def odd_status(_stage: Stage, server: Server) -> None:
    Volume.objects.filter(server=server).update(status="ERROR")


def lost_task(_stage: Stage, server: Server) -> None:
    long_ago = clock.now() - timedelta(minutes=10)
    rows = Server.objects.filter(id=server.id)
    rows.update(task="REBOOT", task_job_id=9999, task_since=long_ago)


def unheard_task(stage: Stage, server: Server) -> None:
    server_actions.stop(ADA, str(server.id))
    stage.run_errands()
    stage.world.run_jobs()
    rows = Server.objects.filter(id=server.id)
    rows.update(task_since=clock.now() - timedelta(minutes=10))


def lost_build(stage: Stage, server: Server) -> None:
    vanish(stage, server)
    long_ago = clock.now() - timedelta(minutes=10)
    rows = Server.objects.filter(id=server.id)
    rows.update(operstate="BUILD", task="BUILD", task_job_id=9999, task_since=long_ago)


DAMAGES: list[tuple[Damage, str, str]] = [
    (vanish, "stale", "--fix-stale"),
    (vanish_half_deleted, "stale", "--fix-stale"),
    (die, "state", "--fix-unsynced"),
    (wake, "state", "--fix-unsynced"),
    (grow, "flavor", "--fix-unsynced-flavors"),
    (lose_card, "nics", "--fix-unsynced-nics"),
    (other_mac, "nics", "--fix-unsynced-nics"),
    (other_address, "nics", "--fix-unsynced-nics"),
    (other_profile, "nics", "--fix-unsynced-nics"),
    (card_in_wrong_place, "nics", "--fix-unsynced-nics"),
    (grown_disk, "disks", "--fix-unsynced-disks"),
    (odd_status, "disks", "--fix-unsynced-disks"),
    (lost_task, "task", "--fix-pending-tasks"),
    (unheard_task, "task", "--fix-pending-tasks"),
    (lost_build, "build", "--fix-build-errors"),
]
NAMES = [damage.__name__ for damage, _kind, _option in DAMAGES]


@pytest.mark.parametrize(("damage", "kind", "option"), DAMAGES, ids=NAMES)
class TestEveryDamage:
    def test_is_shown_and_left_alone_without_an_option(
        self, stage: Stage, damage: Damage, kind: str, option: str
    ) -> None:
        damage(stage, a_server(stage))
        for _twice in range(2):
            (row,) = run("reconcile_servers")
            assert (row["kind"], row["fixed"]) == (kind, False)
        others = sorted({other for _d, _k, other in DAMAGES} - {option, "--fix-unsynced"})
        assert run("reconcile_servers", *others)[0]["fixed"] is False

    def test_is_put_right_with_its_option(
        self, stage: Stage, damage: Damage, kind: str, option: str
    ) -> None:
        damage(stage, a_server(stage))
        (row,) = run("reconcile_servers", option)
        assert (row["kind"], row["fixed"]) == (kind, True)
        assert run("reconcile_servers") == []

    def test_is_put_right_unasked(
        self, stage: Stage, damage: Damage, kind: str, option: str
    ) -> None:
        damage(stage, a_server(stage))
        assert len(reconcile.settle(stage.cluster)) == 1
        assert reconcile.settle(stage.cluster) == []


class TestWhatItLeadsTo:
    def test_a_grown_machine_has_its_flavor_and_its_quota(self, stage: Stage) -> None:
        server = a_server(stage)
        grow(stage, server)
        run("reconcile_servers", "--fix-all")
        assert (fresh(server).flavor.cpu, fresh(server).flavor.ram) == (2, 1024)
        assert stage.quota.of("ada")["cyclades.cpu"] == 2
        assert fresh(server).state is State.STARTED

    def test_a_size_without_a_flavor_is_only_told(self, stage: Stage) -> None:
        server = a_server(stage)
        change(stage, server, vcpus=7)
        (row,) = run("reconcile_servers", "--fix-all")
        assert (row["kind"], row["fixed"]) == ("flavor", False)
        assert fresh(server).flavor == stage.flavor

    def test_a_lost_card_gives_its_address_back(self, stage: Stage) -> None:
        server = a_server(stage)
        network = Port.objects.get(server=server).network
        lose_card(stage, server)
        run("reconcile_servers", "--fix-all")
        assert not Port.objects.exists()
        assert not IPAddress.objects.exists()
        assert_nothing_leaked(network)

    def test_a_changed_address_moves_in_the_pool(self, stage: Stage) -> None:
        server = a_server(stage)
        network = Port.objects.get(server=server).network
        other_address(stage, server)
        run("reconcile_servers", "--fix-all")
        assert [ip.address for ip in IPAddress.objects.all()] == ["192.168.7.99"]
        assert_nothing_leaked(network)

    def test_a_card_that_is_being_plugged_is_left_alone(self, stage: Stage) -> None:
        server = a_server(stage)
        Port.objects.update(state="BUILD", created=clock.now())
        lose_card(stage, server)
        assert run("reconcile_servers") == []

    def test_a_strange_card_is_told_and_stays(self, stage: Stage) -> None:
        server = a_server(stage)
        nics = facts_of(stage, server).nics
        change(stage, server, nics=(*nics, NicSpec(name="eth9", network="other")))
        run("reconcile_servers", "--fix-all")
        (row,) = run("reconcile_servers")
        assert "eth9" in row["problem"]

    def test_a_profile_is_read_from_the_tags(self, stage: Stage) -> None:
        server = a_server(stage)
        other_profile(stage, server)
        run("reconcile_servers", "--fix-all")
        assert Port.objects.get().firewall_profile == "ENABLED"

    def test_a_grown_disk_is_charged(self, stage: Stage) -> None:
        server = a_server(stage)
        grown_disk(stage, server)
        run("reconcile_servers", "--fix-all")
        assert Volume.objects.get().size == 9
        assert stage.quota.of("ada")[DISK] == 9 * GIB

    def test_a_disk_that_is_gone_is_deleted_and_freed(self, stage: Stage) -> None:
        server = a_server(stage)
        change(stage, server, disks=())
        run("reconcile_servers", "--fix-unsynced-disks")
        assert Volume.objects.get().status == "DELETED"
        assert DISK not in stage.quota.of("ada")

    def test_a_detached_disk_becomes_free_and_stays_charged(self, stage: Stage) -> None:
        server = a_server(stage)
        Volume.objects.update(status="DETACHING")
        change(stage, server, disks=())
        run("reconcile_servers", "--fix-unsynced-disks")
        volume = Volume.objects.get()
        assert (volume.status, volume.server, volume.deleted) == ("AVAILABLE", None, False)
        assert stage.quota.of("ada")[DISK] == 5 * GIB

    def test_a_strange_disk_becomes_a_volume_of_the_owner(self, stage: Stage) -> None:
        server = a_server(stage)
        disks = facts_of(stage, server).disks
        change(stage, server, disks=(*disks, DiskSpec(name="", size_mib=3 * 1024)))
        for _round in range(3):
            run("reconcile_servers", "--fix-unsynced-disks")
            stage.world.run_jobs()
        added = Volume.objects.get(index=1)
        assert (added.status, added.size, added.userid) == ("IN_USE", 3, "ada")
        assert facts_of(stage, server).disks[1].name == f"snf-vol-{added.id}"
        assert stage.quota.of("ada")[DISK] == 8 * GIB
        assert run("reconcile_servers") == []

    def test_strange_and_lost_disks_together_need_a_person(self, stage: Stage) -> None:
        server = a_server(stage)
        change(stage, server, disks=(DiskSpec(name="", size_mib=3 * 1024),))
        run("reconcile_servers", "--fix-all")
        assert [v.status for v in Volume.objects.all()] == ["IN_USE"]
        assert len(run("reconcile_servers")) == 1

    def test_an_orphan_is_removed_only_when_asked(self, stage: Stage) -> None:
        server = a_server(stage)
        facts = facts_of(stage, server)
        stage.world.instances["snf-777"] = msgspec.structs.replace(facts, name="snf-777")
        stage.world.instances["foreign"] = msgspec.structs.replace(facts, name="foreign")
        (row,) = run("reconcile_servers", "--fix-stale")
        assert (row["kind"], row["server"], row["fixed"]) == ("orphan", "snf-777", False)
        run("reconcile_servers", "--fix-orphans")
        stage.world.run_jobs()
        assert sorted(stage.world.instances) == ["foreign", name_of(server)]


class TestTheCommand:
    def test_old_options_choose_what_is_shown(self, stage: Stage) -> None:
        die(stage, a_server(stage))
        assert run("reconcile_servers", "--detect-stale") == []
        assert len(run("reconcile_servers", "--detect-unsynced")) == 1
        assert len(run("reconcile_servers", "--detect-all")) == 1

    @pytest.mark.parametrize("parallel", ["True", "False"])
    def test_a_cluster_that_is_down_hides_no_other(self, stage: Stage, parallel: str) -> None:
        die(stage, a_server(stage))
        a_cluster("down.example.org")
        world = World("down.example.org")
        world.unreachable = True
        choose.install("down.example.org", world.engine())
        out, told = io.StringIO(), io.StringIO()
        words = ("--parallel", parallel, "--fix-all", "--output-format", "json")
        with pytest.raises(CommandError, match="1 cluster"):
            call_command("reconcile_servers", *words, stdout=out, stderr=told)
        assert json.loads(out.getvalue())[0]["fixed"] is True
        assert "down.example.org does not answer" in told.getvalue()
        choose.forget("down.example.org")

    def test_one_cluster_may_be_named(self, stage: Stage) -> None:
        die(stage, a_server(stage))
        a_cluster("other.example.org")
        choose.install("other.example.org", World("other.example.org").engine())
        assert run("reconcile_servers", "--backend-id", "other.example.org") == []
        assert len(run("reconcile_servers", "--backend-id", str(stage.cluster.id))) == 1
        choose.forget("other.example.org")

    def test_the_words_carry_the_time_when_asked_for_more(self, stage: Stage) -> None:
        a_server(stage)
        told = io.StringIO()
        call_command("reconcile_servers", verbosity=2, stdout=io.StringIO(), stderr=told)
        assert "everything in sync" in told.getvalue()
        assert told.getvalue().startswith(f"{clock.now():%Y-}")
