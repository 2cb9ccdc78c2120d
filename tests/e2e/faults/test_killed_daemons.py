"""Creations and deletions while the cloud's daemons are killed, in turn and at random."""

import random
import threading
import time

import pytest

from tests.e2e.conftest import Cloud
from tests.e2e.faults import clouds
from tests.e2e.faults.clouds import Person, wait_for

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_root,
    pytest.mark.needs_qemu,
    pytest.mark.timeout(600),
]
CREATIONS, CLIENTS = 50, 5
DAEMONS = ("web", "worker", "dispatcher", "solo", "vnc-gateway", "archipelago")


def test_nothing_is_lost_stuck_or_left_over(pretending: Cloud, user: Person) -> None:
    order = user.order("storm")
    threads = [threading.Thread(target=_storm, args=(user, order)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for name in [*DAEMONS, *random.choices(DAEMONS, k=4)]:
        clouds.kill([clouds.daemon(pretending, name)])
        clouds.kill(random.choices(clouds.volume_servers(pretending) or [None], k=1))
        time.sleep(1.0)
    for thread in threads:
        thread.join()
    wait_for(
        user.settled(),
        lambda: [one for one in user.servers() if one["status"] not in clouds.SETTLED],
        within=240,
    )
    wait_for(
        lambda: all(clouds.daemon(pretending, name) for name in DAEMONS),
        lambda: [name for name in DAEMONS if not clouds.daemon(pretending, name)],
    )
    assert "ACTIVE" in {one["status"] for one in user.servers()}
    _ledger_and_cluster_agree(pretending, user)
    user.clear()
    _ledger_and_cluster_agree(pretending, user)
    _nothing_is_left(pretending)


def test_no_daemon_told_of_a_bug(pretending: Cloud) -> None:
    told = "".join(log.read_text() for log in (pretending.data / "log").glob("*.log"))
    bugs = [line for line in told.splitlines() if '"level":"error"' in line or "Traceback" in line]
    assert not bugs, bugs[:3]


def _storm(user: Person, order: dict[str, object]) -> None:
    """Create servers and delete every other one as soon as it is there."""
    for number in range(CREATIONS // CLIENTS):
        made = user.once("POST", "/cyclades/compute/v2.1/servers", order)
        if made.status == 202 and number % 2:
            identity = made.read(dict[str, dict[str, object]])["server"]["id"]
            user.once("DELETE", f"/cyclades/compute/v2.1/servers/{identity}")
        time.sleep(0.2)


def _ledger_and_cluster_agree(cloud: Cloud, user: Person) -> None:
    """See that quota counts what there is, and that the cluster has nothing else."""
    wait_for(
        lambda: user.quota("cyclades.vm")["usage"] == len(user.servers()),
        lambda: (user.quota("cyclades.vm"), [one["status"] for one in user.servers()]),
        within=240,
    )
    assert user.quota("cyclades.disk")["usage"] == len(user.servers()) * 2**30
    done = cloud.manage("reconcile-commissions-cyclades", "--fix", "--patience", "1")
    assert done.returncode == 0, done.stderr
    pending = {name: user.quota(name)["pending"] for name in clouds.RESOURCES}
    assert set(pending.values()) == {0}, pending
    wait_for(lambda: _strangers(cloud, user) == set(), lambda: _strangers(cloud, user), within=150)
    healthy = {f"snf-{one['id']}" for one in user.servers() if one["status"] != "ERROR"}
    assert healthy <= clouds.instances(cloud)


def _strangers(cloud: Cloud, user: Person) -> set[str]:
    return clouds.instances(cloud) - {f"snf-{one['id']}" for one in user.servers()}


def _nothing_is_left(cloud: Cloud) -> None:
    wait_for(lambda: not _remains(cloud), lambda: _remains(cloud))


def _remains(cloud: Cloud) -> list[str]:
    """List what servers that are gone left behind."""
    run, solo = cloud.data / "run" / "volumes", cloud.data / "solo"
    sockets = [str(path) for path in run.iterdir() if not path.name.startswith("supervisor.")]
    folders = [
        str(path) for name in ("vm", "fake", "bindings") for path in (solo / name).iterdir()
    ]
    return sockets + folders + clouds.volumes(cloud)
