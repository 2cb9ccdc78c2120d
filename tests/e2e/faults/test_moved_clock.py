"""A whole cloud whose clock is set back and forth while it works."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Cloud
from tests.e2e.faults import clouds
from tests.e2e.faults.clouds import PLENTY, RESOURCES, Person, wait_for

FOLLOWER = """
import os, threading, time
import time_machine

moved = time_machine.travel(time.time()).start()
offset = 0.0

def follow():
    global offset
    while True:
        with open(os.environ["TEST_CLOCK"]) as file:
            wanted = float(file.read())
        moved.shift(wanted - offset)
        offset = wanted
        time.sleep(0.1)

def begin():
    threading.Thread(target=follow, daemon=True).start()

begin()
os.register_at_fork(after_in_child=begin)
"""
"""Runs first in every Python process of the cloud, and after every fork."""

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_root,
    pytest.mark.needs_qemu,
]


class Clock:
    """The clock of a cloud."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "offset"
        (folder / "sitecustomize.py").write_text(FOLLOWER)
        self.move(0)

    def move(self, seconds: float) -> None:
        """Set the clock so far off the true time."""
        scratch = self.file.with_suffix(".new")
        scratch.write_text(str(seconds))
        scratch.replace(self.file)
        time.sleep(0.3)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    return Clock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def moving(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud whose processes read the time that we tell them."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TEST_CLOCK", str(clock.file))
        environment.setenv("PYTHONPATH", str(clock.folder), prepend=os.pathsep)
        with clouds.running(tmp_path_factory.mktemp("moving") / "c", clouds.FAKE) as cloud:
            yield cloud


@pytest.fixture(scope="module")
def user(moving: Cloud) -> Person:
    found = clouds.person(moving)
    clouds.limit(moving, found, dict.fromkeys(RESOURCES, PLENTY))
    return found


@pytest.mark.parametrize("seconds", [-3600, 7200, 60, -86400])
def test_nothing_is_stuck_whatever_the_clock_says(
    clock: Clock, user: Person, seconds: int
) -> None:
    servers = [_ordered(user) for _ in range(2)]
    clock.move(seconds)
    servers += [_ordered(user) for _ in range(2)]
    wait_for(user.settled("ACTIVE"), user.states)
    user.compute("POST", f"/servers/{servers[0]}/action", {"os-stop": None})
    wait_for(user.settled("ACTIVE", "SHUTOFF"), user.states)
    assert user.server(servers[0])["status"] == "SHUTOFF"
    assert user.quota("cyclades.vm")["usage"] == 4
    user.clear()
    wait_for(
        lambda: user.quota("cyclades.vm")["usage"] == user.quota("cyclades.vm")["pending"] == 0,
        lambda: user.quota("cyclades.vm"),
    )


def test_tokens_end_when_the_clock_says_so(clock: Clock, user: Person) -> None:
    clock.move(0)
    wait_for(lambda: _asked(user) == 200, lambda: _asked(user))
    clock.move(20 * 365 * 86400)
    wait_for(lambda: _asked(user) == 401, lambda: _asked(user))
    clock.move(0)
    wait_for(lambda: _asked(user) == 200, lambda: _asked(user))


def _ordered(user: Person) -> str:
    made = user.compute("POST", "/servers", user.order("clock"))
    return str(made["server"]["id"])


def _asked(user: Person) -> int:
    return user.once("GET", "/cyclades/compute/v2.1/servers").status
