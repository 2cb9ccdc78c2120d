"""What Ganeti's hook and an image's deployment tell the bus."""

import os
import socket
import threading
from pathlib import Path

import msgspec
import pytest

from synnefo.bus.memory import MemoryBus
from synnefo.bus.port import Binding, BusUnreachable
from synnefo.node import ganeti_hook, progress_monitor
from synnefo.node.ganeti_hook import BadEnvironment

HOOK = {
    "GANETI_HOOKS_PATH": "instance-add",
    "GANETI_HOOKS_PHASE": "post",
    "GANETI_MASTER": socket.gethostname(),
    "GANETI_INSTANCE_NAME": "snf-42",
    "GANETI_INSTANCE_TAGS": "a synnefo:network:snf-nic-7:protected",
    "GANETI_INSTANCE_NIC_COUNT": "2",
    "GANETI_INSTANCE_NIC0_NAME": "snf-nic-7",
    "GANETI_INSTANCE_NIC0_MAC": "aa:00:00:11:22:33",
    "GANETI_INSTANCE_NIC0_IP": "10.0.0.5",
    "GANETI_INSTANCE_NIC0_BRIDGE": "br0",
    "GANETI_INSTANCE_NIC0_NETWORK_NAME": "snf-net-1",
    "GANETI_INSTANCE_NIC0_NETWORK_SUBNET6": "2001:db8::/64",
    "GANETI_INSTANCE_NIC1_MAC": "aa:00:00:11:22:34",
    "GANETI_INSTANCE_NIC1_IP": "",
}


def test_a_hook_tells_the_cards_with_address_firewall_and_ipv6() -> None:
    status = ganeti_hook.message(HOOK)
    assert status is not None
    assert (status.type, status.instance) == ("ganeti-net-status", "snf-42")
    assert status.nics == [
        {
            "name": "snf-nic-7",
            "ip": "10.0.0.5",
            "mac": "aa:00:00:11:22:33",
            "link": "br0",
            "network": "snf-net-1",
            "ipv6": "2001:db8::a800:ff:fe11:2233",
            "firewall": "protected",
        },
        {
            "name": None,
            "ip": None,
            "mac": "aa:00:00:11:22:34",
            "link": None,
            "network": None,
            "ipv6": None,
            "firewall": None,
        },
    ]
    bus = MemoryBus()
    bus.declare("q", [Binding("ganeti", "ganeti.snf.event.net")])
    ganeti_hook.send(bus, status)
    assert bus.count("q") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"GANETI_MASTER": "other.test"},
        {"GANETI_HOOKS_PHASE": "pre"},
        {"GANETI_HOOKS_PATH": "instance-remove"},
    ],
)
def test_a_hook_is_silent_elsewhere(change: dict[str, str]) -> None:
    assert ganeti_hook.message({**HOOK, **change}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"GANETI_INSTANCE_NIC_COUNT": "3"},
        {"GANETI_INSTANCE_NIC_COUNT": "x"},
        {"GANETI_INSTANCE_NAME": ""},
    ],
)
def test_a_hook_checks_what_it_is_told(change: dict[str, str]) -> None:
    with pytest.raises(BadEnvironment):
        ganeti_hook.message({**HOOK, **change})


def feed(text: str) -> int:
    """Answer a file descriptor that such text comes from, in small pieces."""
    reading, writing = os.pipe()

    def write() -> None:
        with open(writing, "wb", buffering=0) as pipe:  # noqa: PTH123 - a pipe has no path
            for start in range(0, len(text), 7):
                pipe.write(text[start : start + 7].encode())

    threading.Thread(target=write).start()
    return reading


def test_progress_is_told_object_by_object(capfd: pytest.CaptureFixture[str]) -> None:
    bus = MemoryBus()
    bus.declare("q", [Binding("ganeti", "ganeti.snf.event.progress")])
    source = feed(
        '{"type": "image-copy-progress", "progress": 70.7}{"type":"image-error",\n'
        '"messages": ["ένα", "}"]}\n [1] {"type": "image-info"} {"unfinished'
    )
    progress_monitor.carry("snf-42", source, bus)
    os.close(source)
    told = [
        msgspec.json.decode(delivery.body)
        for delivery, _ in zip(
            bus.consume(["q"], stop=lambda: bus.count("q") == 0), range(3), strict=False
        )
    ]
    assert [one["type"] for one in told] == [
        "image-copy-progress",
        "image-error",
        "image-info",
    ]
    assert told[1]["messages"] == ["ένα", "}"]
    assert all(one["instance"] == "snf-42" and len(one["event_time"]) == 2 for one in told)
    assert '"progress":70.7' in capfd.readouterr().err


class DeafBus(MemoryBus):
    """A bus that nobody answers at."""

    def publish(
        self, exchange: str, routing_key: str, body: bytes, *, is_revived: bool = False
    ) -> None:
        raise BusUnreachable("gone")


def test_an_image_is_deployed_without_a_broker_too() -> None:
    source = feed('{"type": "image-info"}')
    progress_monitor.carry("snf-42", source, DeafBus())
    os.close(source)


@pytest.mark.parametrize("words", [[], ["a", "b"], ["--help"]])
def test_wrong_usage_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert progress_monitor.main(words) == 1
    assert "usage" in capsys.readouterr().err


def test_without_a_bus_the_monitor_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SYNNEFO_SETTINGS_DIR", str(tmp_path))
    assert progress_monitor.main(["snf-1"]) == 1
    assert "BUS_URL" in capsys.readouterr().err
