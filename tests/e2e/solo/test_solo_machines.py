"""Real machines on real bridges: booted, plugged, stopped, killed, found again, isolated."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.solo.solo_daemon import Daemon, Guest, an_instance, is_alive, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.needs_qemu, pytest.mark.needs_root]
NewDaemon = Callable[..., Daemon]
PUBLIC = {"gateway": "10.213.7.1", "tags": ["nfdhcpd", "public"]}


def public_nic(name: str, address: str) -> dict[str, object]:
    return {"network": "snf-net-1", "ip": address, "name": f"snf-nic-{name}"}


def links_of(cloud: str) -> str:
    shown = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True)
    spaces = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True)
    return "\n".join(
        line for line in (shown.stdout + spaces.stdout).splitlines() if f"snf-{cloud}" in line
    )


def test_a_machine_lives_its_whole_life(
    new_daemon: NewDaemon, demo_image: Path, key: Path
) -> None:
    daemon = new_daemon("a", "--cloud-id", "lifetest")
    daemon.network("snf-net-1", "10.213.7.0/24", **PUBLIC)
    body = an_instance("snf-1", demo_image, key, nics=[public_nic("1", "10.213.7.10")])
    daemon.run_job("POST", "/2/instances", body)
    guest = Guest(key, "10.213.7.10")
    guest.up()
    assert guest.run("hostname").strip() == "snf-1"
    address = "http://169.254.169.254/openstack/latest/meta_data.json"
    assert '"hostname":"snf-1"' in guest.run(f"wget -qO- {address}")

    first = daemon.pid_of("snf-1")
    daemon.kill()
    assert guest.run("echo still here").strip() == "still here"
    daemon.start()
    assert daemon.status("snf-1") == "running"
    assert daemon.pid_of("snf-1") == first
    assert '"hostname":"snf-1"' in guest.run(f"wget -qO- {address}")

    modify = "/2/instances/snf-1/modify"
    plug = {"disks": [["add", -1, {"size": 16, "name": "more"}]], "hotplug_if_possible": True}
    daemon.run_job("PUT", modify, plug)
    wait_until(lambda: "16384 vd" in guest.run("cat /proc/partitions"), 10)
    nic = {"network": "snf-net-1", "ip": "10.213.7.11", "name": "second"}
    daemon.run_job("PUT", modify, {"nics": [["add", -1, nic]], "hotplug_if_possible": True})
    wait_until(lambda: "10.213.7.11" in guest.run("ip -o addr"), 15)
    unplug = {"disks": [["remove", "more", {}]], "nics": [["remove", "second", {}]]}
    daemon.run_job("PUT", modify, {**unplug, "hotplug_if_possible": True})
    wait_until(lambda: "16384 vd" not in guest.run("cat /proc/partitions"), 10)

    guest.run("echo kept > /root/file; sync")
    daemon.run_job("PUT", "/2/instances/snf-1/shutdown", {"timeout": 60})
    assert daemon.status("snf-1") == "ADMIN_down"
    assert not is_alive(first)
    size = {"beparams": {"vcpus": 2, "minmem": 160, "maxmem": 160}}
    daemon.run_job("PUT", modify, size)
    daemon.run_job("PUT", "/2/instances/snf-1/startup", {})
    guest.up()
    assert guest.run("cat /root/file; nproc").split() == ["kept", "2"]

    body = {"type": "hard", "shutdown_timeout": 0}
    before = daemon.pid_of("snf-1")
    daemon.run_job("POST", "/2/instances/snf-1/reboot", body)
    assert not is_alive(before)
    last = daemon.pid_of("snf-1")
    daemon.run_job("DELETE", "/2/instances/snf-1", {"shutdown_timeout": 0})
    assert not is_alive(last)
    assert list((daemon.home / "vm").iterdir()) == []
    assert list((daemon.home / "disks").iterdir()) == []
    assert list((daemon.home / "bindings").iterdir()) == []

    daemon.stop()
    assert "snf-lifetest" in links_of("lifetest")
    assert daemon.run("--teardown") == 0
    assert links_of("lifetest") == ""


def test_a_machine_that_goes_off_by_itself_is_noticed(
    new_daemon: NewDaemon, demo_image: Path, key: Path
) -> None:
    daemon = new_daemon("a", "--cloud-id", "offtest")
    daemon.network("snf-net-1", "10.213.7.0/24", **PUBLIC)
    body = an_instance("snf-1", demo_image, key, nics=[public_nic("1", "10.213.7.10")])
    daemon.run_job("POST", "/2/instances", body)
    guest = Guest(key, "10.213.7.10")
    guest.up()
    guest.try_run("poweroff")
    wait_until(lambda: daemon.status("snf-1") == "ADMIN_down", 30)
    daemon.run_job("PUT", "/2/instances/snf-1/startup", {})
    os.kill(daemon.pid_of("snf-1"), signal.SIGKILL)
    wait_until(lambda: daemon.status("snf-1") == "ADMIN_down", 10)
    daemon.run_job("PUT", "/2/instances/snf-1/startup", {})
    pid = daemon.pid_of("snf-1")
    daemon.kill()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid), 10)
    daemon.start()
    wait_until(lambda: daemon.status("snf-1") == "ADMIN_down", 10)
    jobs = daemon.ask("GET", "/2/jobs?bulk=1")
    assert [job["summary"] for job in jobs].count(["INSTANCE_SHUTDOWN(snf-1)"]) == 3


def test_a_qemu_that_dies_at_its_start_says_why(
    new_daemon: NewDaemon, demo_image: Path, key: Path
) -> None:
    daemon = new_daemon("a", "--network", "none")
    body = an_instance("snf-1", demo_image, key, hvparams={"kernel_path": "/no/such/kernel"})
    job = daemon.done(daemon.ask("POST", "/2/instances", body))
    assert job["status"] == "error"
    assert "/no/such/kernel" in job["opresult"][0][1][0]
    assert daemon.status("snf-1") == "ADMIN_down"
    daemon.run_job("DELETE", "/2/instances/snf-1", {"shutdown_timeout": 0})


def test_killed_in_the_middle_of_creations_it_finishes_them_and_leaves_nothing(
    new_daemon: NewDaemon, demo_image: Path, key: Path
) -> None:
    daemon = new_daemon("a", "--cloud-id", "killtest")
    daemon.network("snf-net-1", "10.213.7.0/24", **PUBLIC)
    jobs = []
    for number in range(4):
        nics = [public_nic(str(number), f"10.213.7.{20 + number}")]
        body = an_instance(f"snf-{number}", demo_image, key, nics=nics)
        jobs.append(daemon.ask("POST", "/2/instances", body))
        daemon.kill()
        daemon.start()
    for job in jobs:
        ended = daemon.done(job)
        assert ended["status"] == "success", (ended, daemon.log())
    pids = [daemon.pid_of(f"snf-{number}") for number in range(4)]
    assert all(is_alive(pid) for pid in pids)
    removals = [
        daemon.ask("DELETE", f"/2/instances/snf-{number}", {"shutdown_timeout": 0})
        for number in range(4)
    ]
    daemon.kill()
    daemon.start()
    for job in removals:
        ended = daemon.done(job)
        assert ended["status"] == "success", (ended, daemon.log())
    assert not any(is_alive(pid) for pid in pids)
    assert list((daemon.home / "vm").iterdir()) == []
    assert list((daemon.home / "disks").iterdir()) == []
    taps = ["ip", "-n", "snf-killtest", "-o", "link", "show", "type", "tun"]
    assert subprocess.run(taps, capture_output=True, check=True).stdout == b""


def test_two_clouds_with_the_same_addresses_live_side_by_side(
    new_daemon: NewDaemon, demo_image: Path, key: Path
) -> None:
    """Private networks repeat addresses too, within a cloud and across clouds."""
    one, two = (new_daemon(name, "--cloud-id", f"side{name}") for name in ("a", "b"))
    private = {"tags": ["nfdhcpd", "private"], "mac_prefix": "aa:00:3"}
    for cloud, public, gateway in (
        (one, "10.213.7.0/24", "10.213.7.1"),
        (two, "10.213.8.0/24", "10.213.8.1"),
    ):
        cloud.network("snf-net-1", public, gateway=gateway, tags=["nfdhcpd", "public"])
        cloud.network("snf-net-2", "192.168.77.0/24", **private)
        cloud.network("snf-net-3", "192.168.77.0/24", **private)
    wanted = [
        (one, "snf-1", "10.213.7.10", "snf-net-2", "192.168.77.5"),
        (one, "snf-2", "10.213.7.11", "snf-net-2", "192.168.77.6"),
        (one, "snf-3", "10.213.7.12", "snf-net-3", "192.168.77.6"),
        (two, "snf-1", "10.213.8.10", "snf-net-2", "192.168.77.6"),
    ]
    guests = []
    for cloud, name, public, network, private_ip in wanted:
        nics = [
            public_nic(f"{name}-a", public),
            {"network": network, "ip": private_ip, "name": f"snf-nic-{name}-b"},
        ]
        cloud.run_job("POST", "/2/instances", an_instance(name, demo_image, key, nics=nics))
        guests.append(Guest(key, public))
    for guest in guests:
        guest.up(90)
    reach = "ping -c1 -w3 192.168.77.6 >/dev/null && echo reached"
    same, neighbour, lonely, other = guests
    assert "reached" in same.run(reach)
    for guest in (lonely, other):
        down = guest.try_run("ping -c1 -w2 192.168.77.5 >/dev/null && echo reached")
        assert "reached" not in down.stdout
    lie = (
        "ip addr add 10.213.7.99/24 dev eth0; ping -I 10.213.7.99 -c1 -w2 10.213.7.10"
        " >/dev/null && echo believed; ip addr del 10.213.7.99/24 dev eth0"
    )
    assert "believed" not in neighbour.try_run(lie).stdout
    tag = "synnefo:network:snf-nic-snf-2-a:protected"
    one.run_job("PUT", f"/2/instances/snf-2/tags?tag={tag}")
    assert neighbour.try_run("true").returncode != 0
    one.run_job("DELETE", f"/2/instances/snf-2/tags?tag={tag}")
    assert neighbour.try_run("true").returncode == 0


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_without_bridges_ssh_comes_through_a_forwarded_port(
    new_daemon: NewDaemon, demo_image: Path, key: Path, tmp_path: Path, machine: str
) -> None:
    conf = tmp_path / "solo.conf"
    conf.write_text(f"SOLO_MACHINE = {machine!r}\n")
    daemon = new_daemon("a", "--network", "user", "--config", str(conf))
    daemon.network("snf-net-1", "10.213.7.0/24", **PUBLIC)
    body = an_instance("snf-1", demo_image, key, nics=[public_nic("1", "10.213.7.10")])
    daemon.run_job("POST", "/2/instances", body)
    (port,) = daemon.ask("GET", "/2/instances/snf-1")["nic.ssh_ports"]
    guest = Guest(key, "127.0.0.1", port)
    guest.up()
    assert "10.213.7.10" in guest.run("ip -o addr")
    plug = {"disks": [["add", -1, {"size": 16, "name": "more"}]], "hotplug_if_possible": True}
    daemon.run_job("PUT", "/2/instances/snf-1/modify", plug)
    wait_until(lambda: "16384 vd" in guest.run("cat /proc/partitions"), 10)
