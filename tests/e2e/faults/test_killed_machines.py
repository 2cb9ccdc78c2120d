"""A real machine while everything under and around it is killed, full or refuses."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from synnefo.kit.units import MIB
from tests.e2e.faults import clouds
from tests.e2e.faults.clouds import wait_for
from tests.e2e.faults.conftest import Machines, ssh_command

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_root,
    pytest.mark.needs_qemu,
    pytest.mark.timeout(600),
]
WRITER = "rm -f log; i=0; while :; do i=$((i+1)); echo $i >> log; sync; echo $i; done"
DAEMONS = ("archipelago", "solo", "web", "worker", "dispatcher")
OCTETS = {"Content-Type": "application/octet-stream"}


def test_what_a_guest_has_synced_is_there_whatever_is_killed(machines: Machines) -> None:
    user, server = machines.user, machines.server
    with _writing(machines) as told:
        clouds.kill(clouds.volume_servers(machines.cloud))
        _goes_on(told)
        for name in DAEMONS:
            clouds.kill([clouds.daemon(machines.cloud, name)])
            _goes_on(told)
        (qemu,) = clouds.machine(machines.cloud, server)
        clouds.kill([qemu])
    wait_for(user.settled("SHUTOFF"), user.states)
    actions = user.compute("GET", f"/servers/{server}/os-instance-actions")["instanceActions"]
    assert "without being asked" in str([one["message"] for one in actions])
    user.compute("POST", f"/servers/{server}/action", {"os-start": None})
    wait_for(user.settled("ACTIVE"), user.states)
    machines.wait_inside()
    acknowledged = int(told.read_text().split()[-1])
    kept = [int(line) for line in machines.inside("cat log").split()]
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) >= acknowledged > 5


def test_a_full_disk_stops_writers_and_corrupts_nothing(machines: Machines) -> None:
    machines.inside("dd if=/dev/urandom of=before bs=1M count=4 conv=fsync && md5sum before > sum")
    homes = [machines.cloud.data / name for name in ("blocks", "volumes")]
    with _filled(homes):
        told = machines.user.once(*_upload(machines))
        assert told.status in {503, 507}
        assert "space" in told.body.decode().lower() or "full" in told.body.decode().lower()
        command = [*ssh_command(machines.key, machines.address), _DIRTY]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        time.sleep(8)
    out, _ = writer.communicate(timeout=90)
    assert "went on" in out or writer.returncode != 0
    machines.wait_inside()
    machines.inside("md5sum -c sum", within=90)
    machines.inside("dd if=/dev/urandom of=after bs=1M count=4 conv=fsync", within=90)
    assert machines.user.once(*_upload(machines)).status == 201
    machines.user("DELETE", _upload(machines)[1])
    assert machines.user.settled("ACTIVE")()


def test_a_machine_runs_on_while_its_cloud_is_down_and_up_again(machines: Machines) -> None:
    boot = "cat /proc/sys/kernel/random/boot_id"
    before, pids = machines.inside(boot), clouds.machine(machines.cloud, machines.server)
    assert machines.cloud.synnefo("down").returncode == 0
    assert clouds.machine(machines.cloud, machines.server) == pids
    assert machines.inside(boot) == before
    up = machines.cloud.synnefo("up", "--background")
    assert up.returncode == 0, up.stdout + up.stderr
    assert machines.inside(boot) == before
    assert machines.user.server(machines.server)["status"] == "ACTIVE"
    machines.inside("echo again > again && sync")


def test_what_makes_qemu_refuse_is_told_to_the_owner(machines: Machines) -> None:
    refuses = Path(f"{machines.qemu}.refuses")
    refuses.touch()
    try:
        made = machines.user.compute("POST", "/servers", machines.user.order("refused"))
        server = made["server"]["id"]
        wait_for(
            lambda: machines.user.server(server)["status"] == "ERROR",
            lambda: machines.user.server(server),
        )
        fault = machines.user.server(server)["fault"]
        assert "'no-such-device' is not a valid device model name" in str(fault), fault
    finally:
        refuses.unlink()
    machines.user.compute("DELETE", f"/servers/{server}")
    wait_for(lambda: len(machines.user.servers()) == 1, machines.user.servers)
    wait_for(
        lambda: machines.user.quota("cyclades.vm")["usage"] == 1,
        lambda: machines.user.quota("cyclades.vm"),
    )


def test_a_cloud_that_is_stopped_with_its_machines_leaves_no_process(machines: Machines) -> None:
    assert machines.cloud.synnefo("down", "--stop-vms").returncode == 0
    left = [line for line in clouds.processes(machines.cloud.data) if "ssh" not in line]
    assert [line for line in left if "qemu" in line] == []
    up = machines.cloud.synnefo("up", "--background")
    assert up.returncode == 0, up.stdout + up.stderr
    wait_for(machines.user.settled("SHUTOFF"), machines.user.states)
    machines.user.clear()
    usage = {name: machines.user.quota(name)["usage"] for name in clouds.RESOURCES}
    assert set(usage.values()) == {0}, usage
    assert clouds.volumes(machines.cloud) == []
    assert clouds.volume_servers(machines.cloud) == []
    _an_heir_gets_the_address(machines)


def _an_heir_gets_the_address(machines: Machines) -> None:
    """See that the next machine is reached at the address of one that is gone."""
    heir = machines.enter("heir")
    assert heir.address == machines.address
    assert heir.inside("hostname") == "heir\n"


_DIRTY = "dd if=/dev/urandom of=during bs=1M count=64 conv=fsync 2>&1; sync; echo went on"


@contextmanager
def _writing(machines: Machines) -> Iterator[Path]:
    """Have the guest write and sync without an end; gives the file of what it has told."""
    told = machines.key.with_name("told")
    with told.open("wb") as out:
        writer = subprocess.Popen(
            [*ssh_command(machines.key, machines.address), WRITER], stdout=out
        )
    try:
        _goes_on(told)
        yield told
    finally:
        writer.kill()
        writer.wait()


def _goes_on(told: Path) -> None:
    """Wait until the guest has written more."""
    before = len(told.read_text().split())
    wait_for(lambda: len(told.read_text().split()) > before + 2, lambda: told.read_text()[-99:])


@contextmanager
def _filled(homes: list[Path]) -> Iterator[None]:
    """Leave no room on some disks for a while."""
    fillers = [home / "filler" for home in homes]
    for filler in fillers:
        with filler.open("wb") as out:
            room = os.statvfs(filler.parent)
            os.posix_fallocate(out.fileno(), 0, room.f_bavail * room.f_frsize - 64 * 1024)
    try:
        yield
    finally:
        for filler in fillers:
            filler.unlink()


def _upload(machines: Machines) -> tuple[str, str, bytes, dict[str, str]]:
    machines.user("PUT", f"/pithos/v1/{machines.user.project}/full")
    content = os.urandom(9 * MIB)
    return "PUT", f"/pithos/v1/{machines.user.project}/full/o", content, OCTETS
