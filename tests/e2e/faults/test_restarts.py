"""Clouds side by side, stopped, killed and removed: each is found again whole, or gone."""

import json
import os
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Cloud
from tests.e2e.faults import clouds
from tests.e2e.faults.clouds import Person, wait_for

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_root,
    pytest.mark.needs_qemu,
]
DAEMONS = ("web", "worker", "dispatcher", "solo", "vnc-gateway", "archipelago")


@pytest.fixture(scope="module")
def neighbour(pretending: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A second cloud beside the first, which its life and its removal must not touch."""
    before = _pids(pretending)
    with clouds.running(tmp_path_factory.mktemp("next") / "c", clouds.FAKE, "--no-demo") as cloud:
        yield cloud
    assert _pids(pretending) == before
    assert clouds.person(pretending).once("GET", "/healthz").status == 200


def test_two_clouds_share_nothing(pretending: Cloud, neighbour: Cloud) -> None:
    assert neighbour.url != pretending.url
    assert clouds.cloud_id(neighbour) != clouds.cloud_id(pretending)
    stranger = Person(neighbour, json.loads((pretending.data / "logins.json").read_text())["user"])
    assert stranger.once("GET", "/cyclades/compute/v2.1/servers").status == 401
    assert neighbour.synnefo("status").returncode == 0


def test_stopped_and_started_again_it_is_where_it_was(neighbour: Cloud) -> None:
    admin = clouds.person(neighbour, "admin")
    flavors = admin.compute("GET", "/flavors")
    assert neighbour.synnefo("down").returncode == 0
    assert clouds.processes(neighbour.data) == []
    assert neighbour.synnefo("status").returncode == 1
    _up(neighbour)
    assert admin.compute("GET", "/flavors") == flavors


def test_a_cloud_whose_keeper_was_killed_is_taken_over(neighbour: Cloud) -> None:
    before = _pids(neighbour)
    clouds.kill([int((neighbour.data / "run" / "up.pid").read_text())])
    wait_for(lambda: neighbour.synnefo("status").returncode == 1, lambda: "It is up.", within=10)
    assert _pids(neighbour) == before
    _up(neighbour)
    assert not set(_pids(neighbour).values()) & set(before.values())
    assert len(clouds.processes(neighbour.data)) <= len(DAEMONS) + 4
    assert clouds.person(neighbour, "admin").once("GET", "/healthz").status == 200


def test_numbers_that_a_crash_left_in_pid_files_are_nobodys(neighbour: Cloud) -> None:
    assert neighbour.synnefo("down").returncode == 0
    for name in ("up", *DAEMONS):
        (neighbour.data / "run" / f"{name}.pid").write_text(str(os.getpid()))
    (neighbour.data / "run" / "healthy").touch()
    assert neighbour.synnefo("status").returncode == 1
    assert "No cloud runs" in neighbour.synnefo("down").stdout
    _up(neighbour)
    assert clouds.person(neighbour, "admin").once("GET", "/healthz").status == 200


def test_a_second_start_says_where_it_runs(neighbour: Cloud) -> None:
    again = neighbour.synnefo("up", "--background")
    assert again.returncode == 0
    assert neighbour.url in again.stdout


def _up(cloud: Cloud) -> None:
    """Start a cloud again; it must be where it was."""
    done = cloud.synnefo("up", "--background", "--no-demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert cloud.url in done.stdout
    assert cloud.synnefo("status").returncode == 0


def _pids(cloud: Cloud) -> dict[str, int | None]:
    return {name: clouds.daemon(cloud, name) for name in DAEMONS}
