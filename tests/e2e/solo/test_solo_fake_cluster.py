"""A daemon with the hypervisor `fake`: speed, and being killed again and again."""

import base64
import json
import sqlite3
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from synnefo.wire import job_events
from tests.e2e.solo.solo_daemon import Daemon

pytestmark = pytest.mark.e2e
NewDaemon = Callable[..., Daemon]


def a_fake(name: str, **changes: object) -> dict[str, object]:
    return {
        "__version__": 1,
        "mode": "create",
        "name": name,
        "disk_template": "ext",
        "disks": [{"size": 32, "name": f"{name}-root", "provider": "archipelago"}],
        "hypervisor": "fake",
        "beparams": {"maxmem": 64, "minmem": 64, "vcpus": 1},
        **changes,
    }


def events_of(daemon: Daemon) -> list[Any]:
    with sqlite3.connect(daemon.data / "bus.sqlite3") as bus:
        rows = bus.execute("SELECT body FROM message WHERE queue = 'snf-events-op'").fetchall()
    return [job_events.decode_event(body) for (body,) in rows]


def test_five_hundred_fakes_are_up_quickly_and_all_are_told(new_daemon: NewDaemon) -> None:
    daemon = new_daemon("a", "--hypervisors", "fake")
    begun = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        jobs = list(
            pool.map(lambda n: daemon.ask("POST", "/2/instances", a_fake(f"snf-{n}")), range(500))
        )
    for number in jobs:
        assert daemon.done(number)["status"] == "success"
    took = time.monotonic() - begun
    shown = daemon.ask("GET", "/2/instances?bulk=1")
    assert len(shown) == 500
    assert {one["status"] for one in shown} == {"running"}
    assert took < 100
    daemon.stop()
    told = Counter(event.status for event in events_of(daemon))
    assert told == {"queued": 500, "waiting": 500, "running": 500, "success": 500}


def test_killed_again_and_again_it_loses_and_doubles_nothing(new_daemon: NewDaemon) -> None:
    daemon = new_daemon("a", "--hypervisors", "fake")
    jobs: dict[str, int] = {}
    for round_number in range(5):
        for number in range(20):
            name = f"snf-{round_number * 20 + number}"
            jobs[name] = daemon.ask("POST", "/2/instances", a_fake(name))
        daemon.kill()
        daemon.start()
    for number in jobs.values():
        assert daemon.done(number)["status"] == "success"
    names = [one["name"] for one in daemon.ask("GET", "/2/instances?bulk=1")]
    assert sorted(names) == sorted(jobs)
    daemon.stop()
    ended = {event.instance for event in events_of(daemon) if event.status == "success"}
    assert ended == set(jobs)


def test_only_the_right_password_opens_it(new_daemon: NewDaemon) -> None:
    daemon = new_daemon("a", "--hypervisors", "fake")
    url = daemon.ask("GET", "/2/info") and (daemon.home / "access.json").read_text()
    address = url.split('"url":"')[1].split('"')[0]
    request = urllib.request.Request(f"{address}/2/info")
    request.add_header("Authorization", "Basic " + base64.b64encode(b"synnefo:no").decode())
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    with caught.value as error:
        assert error.code == 401
        assert error.headers["WWW-Authenticate"] == 'Basic realm="Ganeti Remote API"'
    with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
        assert answer.status == 200


def test_a_data_folder_has_one_daemon(new_daemon: NewDaemon) -> None:
    daemon = new_daemon("a", "--hypervisors", "fake")
    assert daemon.run() == 1
    assert daemon.ask("GET", "/version") == 2


def test_stopping_machines_works_with_and_without_the_daemon(new_daemon: NewDaemon) -> None:
    daemon = new_daemon("a", "--hypervisors", "fake")
    daemon.run_job("POST", "/2/instances", a_fake("snf-1"))
    assert daemon.run("--stop-vms") == 0
    assert daemon.status("snf-1") == "ADMIN_down"
    daemon.run_job("PUT", "/2/instances/snf-1/startup", {})
    daemon.stop()
    assert daemon.run("--stop-vms") == 0
    daemon.start()
    assert daemon.status("snf-1") == "ADMIN_down"


def test_it_speaks_https_with_a_certificate(new_daemon: NewDaemon, tmp_path: Path) -> None:
    both = tmp_path / "solo.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    more = ["-nodes", "-subj", "/CN=solo", "-days", "2", "-keyout", str(both), "-out", f"{both}.c"]
    subprocess.run([*make, *more], check=True, capture_output=True)
    both.write_text(both.read_text() + Path(f"{both}.c").read_text())
    conf = tmp_path / "solo.conf"
    conf.write_text(f"SOLO_CERTIFICATE = {str(both)!r}\n")
    daemon = new_daemon("a", "--hypervisors", "fake", "--config", str(conf))
    access = json.loads((daemon.home / "access.json").read_text())
    assert access["url"].startswith("https://")
    trusting = ssl.create_default_context(cafile=f"{both}.c")
    trusting.check_hostname = False
    with urllib.request.urlopen(f"{access['url']}/healthz", context=trusting) as answer:
        assert answer.status == 200
    daemon.run_job("POST", "/2/instances", a_fake("snf-1"))
    assert daemon.run("--stop-vms") == 0


def test_a_data_folder_too_long_for_sockets_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 60)
    folder.mkdir()
    daemon = Daemon(folder, "--hypervisors", "fake")
    assert daemon.run() == 2
