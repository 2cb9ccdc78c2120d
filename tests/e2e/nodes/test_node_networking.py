"""Guests on two nodes: who reaches whom, who does not, whatever they try.

Namespaces stand for the nodes, the guests and the world outside; the packets are real, and the
node's programs get the environment that Ganeti gives them.
"""

import itertools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.node.networking import routing
from tests.support.wires import GATEWAY, GATEWAY6, INTERNET, OUTSIDE, SUBNET, SUBNET6, Lab, wait

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_root,
    pytest.mark.skipif(shutil.which("nft") is None, reason="nft is missing"),
]
_numbers = itertools.count(1)
TABLE = routing.table_of("snf_test")


class Guest:
    """A guest with one card."""

    def __init__(self, lab: Lab, node: str, mac: str, **environment: str) -> None:
        self.lab, self.node, self.mac = lab, node, mac
        self.name = f"g{next(_numbers)}"
        self.tap = lab.guest(self.name, node, mac)
        self.environment = {
            "INTERFACE": self.tap,
            "INTERFACE_INDEX": "0",
            "INTERFACE_NAME": f"snf-nic-{self.name}",
            "INSTANCE": f"snf-{self.name}",
            "MAC": mac,
            **environment,
        }

    def up(self, **environment: str) -> "Guest":
        self.environment |= environment
        self.lab.call(self.node, "ifup", self.tap, **self.environment)
        return self

    def down(self) -> None:
        self.lab.call(self.node, "ifdown", self.tap, "false")

    def migrate(self, node: str) -> None:
        """Move as QEMU does: the TAP comes up there, the old node clears up."""
        source, self.node = self.node, node
        self.lab.move(self.tap, source, node)
        self.up()
        self.lab.call(source, "ifdown", self.tap, "false")


@pytest.fixture
def guests(lab: Lab) -> "Iterator[list[Guest]]":
    made: list[Guest] = []
    yield made
    for guest in made:
        guest.down()
        lab.forget(guest.name)


def filtered(lab: Lab, guests: list[Guest], node: str, mac: str, ip: str) -> Guest:
    made = Guest(
        lab,
        node,
        mac,
        MODE="bridged",
        LINK="prv0",
        IP=ip,
        NETWORK_NAME="snf-net-1",
        NETWORK_SUBNET="192.168.1.0/24",
        NETWORK_GATEWAY="192.168.1.1",
        NETWORK_TAGS="private-filtered nfdhcpd private",
    )
    guests.append(made.up())
    return made


def routed(lab: Lab, guests: list[Guest], node: str, number: int, **more: str) -> Guest:
    made = Guest(
        lab,
        node,
        f"aa:00:00:00:00:{number:02x}",
        MODE="routed",
        LINK="snf_test",
        IP=f"10.77.0.{number}",
        NETWORK_NAME="snf-net-2",
        NETWORK_SUBNET=SUBNET,
        NETWORK_GATEWAY=GATEWAY,
        NETWORK_SUBNET6=SUBNET6,
        NETWORK_GATEWAY6=GATEWAY6,
        NETWORK_TAGS="ip-less-routed nfdhcpd public",
        **more,
    )
    guests.append(made.up())
    return made


class TestMacFiltered:
    def test_one_network_meets_across_nodes_and_no_other_on_the_same_bridge(
        self, lab: Lab, guests: list[Guest]
    ) -> None:
        one = filtered(lab, guests, "n1", "aa:00:10:00:00:01", "192.168.1.2")
        far = filtered(lab, guests, "n2", "aa:00:13:00:00:02", "192.168.1.3")
        stranger = filtered(lab, guests, "n1", "aa:00:20:00:00:03", "192.168.1.4")
        for guest in guests:
            lab.address(guest.name, f"{guest.environment['IP']}/24")
        assert lab.pings(one.name, "192.168.1.3")
        assert lab.pings(far.name, "192.168.1.2")
        assert not lab.pings(stranger.name, "192.168.1.2", seconds=0.5)
        assert not lab.pings(one.name, "192.168.1.4", seconds=0.5)
        assert not lab.pings(far.name, "192.168.1.4", seconds=0.5)

    def test_a_borrowed_mac_is_not_heard(self, lab: Lab, guests: list[Guest]) -> None:
        one = filtered(lab, guests, "n1", "aa:00:10:00:00:01", "192.168.1.2")
        thief = filtered(lab, guests, "n1", "aa:00:20:00:00:03", "192.168.1.4")
        lab.address(one.name, "192.168.1.2/24")
        lab.within(thief.name, "ip", "link", "set", "eth0", "address", "aa:00:10:00:00:77")
        lab.address(thief.name, "192.168.1.4/24")
        assert not lab.pings(thief.name, "192.168.1.2", seconds=0.5)

    def test_addresses_come_by_dhcp_and_only_ones_own(self, lab: Lab, guests: list[Guest]) -> None:
        one = filtered(lab, guests, "n1", "aa:00:10:00:00:01", "192.168.1.2")
        far = filtered(lab, guests, "n2", "aa:00:10:00:00:02", "192.168.1.3")
        told = lab.lease(one.name)
        assert "ip=192.168.1.2" in told
        assert "dns=192.0.2.53" in told
        assert f"hostname=snf-{one.name}" in told
        assert "ip=192.168.1.3" in lab.lease(far.name)
        assert lab.pings(one.name, "192.168.1.3")

    def test_a_wish_for_anothers_address_is_refused(self, lab: Lab, guests: list[Guest]) -> None:
        one = filtered(lab, guests, "n1", "aa:00:10:00:00:01", "192.168.1.2")
        assert "ip=192.168.1.2" in lab.lease(one.name, "-r", "192.168.1.99")

    def test_nobody_leases_with_a_borrowed_mac(self, lab: Lab, guests: list[Guest]) -> None:
        one = filtered(lab, guests, "n1", "aa:00:10:00:00:01", "192.168.1.2")
        lab.within(one.name, "ip", "link", "set", "eth0", "address", "aa:00:10:00:00:55")
        assert "ip=" not in lab.lease(one.name)

    def test_a_guest_cannot_lease_addresses_to_others(self, lab: Lab, guests: list[Guest]) -> None:
        one = filtered(lab, guests, "n1", "aa:00:10:00:00:01", "192.168.1.2")
        rogue = filtered(lab, guests, "n2", "aa:00:10:00:00:02", "192.168.1.3")
        seen = subprocess.Popen(
            ["ip", "netns", "exec", lab.ns(rogue.name), "python3", "-c", _HEAR_DHCP],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert seen.stdout is not None
        assert seen.stdout.readline() == "ready\n"
        assert "ip=192.168.1.2" in lab.lease(one.name)
        heard, _ = seen.communicate(timeout=10)
        assert heard == ""


_HEAR_DHCP = """
import socket
made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
made.bind(("", 67)); made.settimeout(2.5); print("ready", flush=True)
try: print(len(made.recv(2000)))
except TimeoutError: pass
"""


_ASK_DHCP6 = """
import socket
made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
made.bind(("", 546)); made.settimeout(5)
scope = socket.if_nametoindex("eth0")
made.sendto(bytes([11, 1, 2, 3, 0, 1, 0, 2]) + b"me", ("ff02::1:2", 547, 0, scope))
print(made.recv(2000).hex())
"""


class TestDhcp6:
    def test_name_servers_are_told_to_who_asks(self, lab: Lab, guests: list[Guest]) -> None:
        one = routed(lab, guests, "n1", 60)
        wait(lambda: "fe80" in lab.within(one.name, "ip", "-6", "addr"))
        told = lab.within(one.name, "python3", "-c", _ASK_DHCP6)
        assert told.startswith("07010203")
        assert "20010db8000000000000000000000053" in told


class TestVlans:
    def test_each_bridge_is_a_world_of_its_own(self, lab: Lab, guests: list[Guest]) -> None:
        for number, (node, link) in enumerate((("n1", "prv1"), ("n2", "prv1"), ("n1", "prv2"))):
            guest = Guest(
                lab,
                node,
                f"aa:00:00:00:01:0{number}",
                MODE="bridged",
                LINK=link,
                NETWORK_TAGS="physical-vlan private",
            )
            guests.append(guest.up())
            lab.address(guest.name, f"192.168.2.{number + 2}/24")
        one, far, stranger = guests
        assert lab.pings(one.name, "192.168.2.3")
        assert not lab.pings(stranger.name, "192.168.2.2", seconds=0.5)
        assert not lab.pings(far.name, "192.168.2.4", seconds=0.5)


class TestRouted:
    def test_a_guest_has_its_address_and_the_world_without_translation(
        self, lab: Lab, guests: list[Guest]
    ) -> None:
        one = routed(lab, guests, "n1", 10)
        told = lab.lease(one.name)
        assert f"router={GATEWAY}" in told
        assert lab.connects(one.name, INTERNET, "80") == "10.77.0.10"
        assert lab.pings(OUTSIDE, "10.77.0.10")
        assert "10.77.0" not in lab.within("n1", "ip", "-4", "addr")

    def test_guests_meet_on_one_node_and_on_two(self, lab: Lab, guests: list[Guest]) -> None:
        one, near, far = (
            routed(lab, guests, node, number)
            for node, number in (("n1", 11), ("n1", 12), ("n2", 13))
        )
        for guest in (one, near, far):
            lab.lease(guest.name)
        assert lab.pings(one.name, "10.77.0.12")
        assert lab.pings(one.name, "10.77.0.13")
        assert lab.pings(far.name, "10.77.0.12")

    def test_a_borrowed_address_leads_nowhere(self, lab: Lab, guests: list[Guest]) -> None:
        one = routed(lab, guests, "n1", 14)
        lab.lease(one.name)
        lab.address(one.name, "10.77.0.99/24")
        lab.address(one.name, "2001:db8:77::bad/64")
        seen = lab.counts(OUTSIDE, "ip saddr 10.77.0.14", "ip saddr 10.77.0.99")
        seen6 = lab.counts(OUTSIDE, "ip6 saddr 2001:db8:77::bad")
        assert lab.pings(one.name, INTERNET)
        for source, target in (("10.77.0.99", INTERNET), ("2001:db8:77::bad", GATEWAY6)):
            lab.within(one.name, "ping", "-c2", "-W0.5", "-I", source, target, check=False)
        assert (seen(), seen6()) == ([1, 0], [0])

    def test_ipv6_follows_the_mac_and_reaches_the_gateway(
        self, lab: Lab, guests: list[Guest]
    ) -> None:
        one = routed(lab, guests, "n1", 15)
        lab.within(one.name, "ip", "link", "set", "eth0", "down")
        lab.within(one.name, "ip", "link", "set", "eth0", "up")
        own = "2001:db8:77:0:a800:ff:fe00:f"
        wait(lambda: own in lab.within(one.name, "ip", "-6", "addr"))
        wait(lambda: lab.pings(one.name, GATEWAY6))
        assert lab.pings(OUTSIDE, own)

    def test_a_guest_keeps_its_connections_when_it_moves(
        self, lab: Lab, guests: list[Guest]
    ) -> None:
        one, other = routed(lab, guests, "n1", 16), routed(lab, guests, "n1", 17)
        for guest in (one, other):
            lab.lease(guest.name)
        assert lab.pings(OUTSIDE, "10.77.0.16")
        assert lab.pings(other.name, "10.77.0.16")
        one.migrate("n2")
        assert lab.pings(OUTSIDE, "10.77.0.16")
        assert lab.pings(other.name, "10.77.0.16")
        assert lab.pings(one.name, INTERNET)
        one.migrate("n1")
        assert lab.pings(OUTSIDE, "10.77.0.16")


@pytest.mark.parametrize("mode", ["routed", "bridged"])
class TestFirewall:
    def place(self, lab: Lab, guests: list[Guest], mode: str, word: str) -> tuple[str, str]:
        """Make a guarded guest that listens; answer its name and its address."""
        number = 30 + len(guests)
        if mode == "routed":
            made = routed(lab, guests, "n1", number)
            tag = f"synnefo:network:{made.environment['INTERFACE_NAME']}:{word}"
            made.up(TAGS=f"other {tag}")
            lab.lease(made.name)
            address = f"10.77.0.{number}"
        else:
            made = Guest(
                lab,
                "n1",
                f"aa:00:00:00:02:{number:02x}",
                MODE="bridged",
                LINK="br100",
                TAGS=f"synnefo:network:0:{word}",
            )
            guests.append(made.up())
            address = f"192.168.3.{number}"
            lab.address(made.name, f"{address}/24")
            known = lab.within(OUTSIDE, "ip", "-4", "addr", "show", "br100")
            if "192.168.3.1/24" not in known:
                lab.within(OUTSIDE, "ip", "addr", "add", "192.168.3.1/24", "dev", "br100")
        lab.listen(made.name, "22", "8080")
        return made.name, address

    @pytest.mark.parametrize(
        ("word", "ssh", "other"),
        [
            ("unprotected", True, True),
            ("limited", True, False),
            ("protected", False, False),
        ],
    )
    def test_a_profile_lets_in_what_it_says(
        self,
        lab: Lab,
        guests: list[Guest],
        mode: str,
        word: str,
        ssh: bool,
        other: bool,
    ) -> None:
        name, address = self.place(lab, guests, mode, word)
        for port, is_open in (("22", ssh), ("8080", other)):
            wait = 5.0 if is_open else 0.5
            assert bool(lab.connects(OUTSIDE, address, port, seconds=wait)) is is_open
        assert lab.pings(OUTSIDE, address)
        gateway = GATEWAY if mode == "routed" else "192.168.3.1"
        assert lab.connects(name, gateway, "80") == address

    def test_a_profile_changes_while_the_guest_runs(
        self, lab: Lab, guests: list[Guest], mode: str
    ) -> None:
        _name, address = self.place(lab, guests, mode, "protected")
        assert not lab.connects(OUTSIDE, address, "22", seconds=0.5)
        told = {"GANETI_INSTANCE_NAME": f"snf-{guests[-1].name}", "GANETI_INSTANCE_TAGS": "a b"}
        lab.call("n1", "hook", **told)
        assert lab.connects(OUTSIDE, address, "22")


class TestPublicBridge:
    def test_guests_on_a_shared_bridge_keep_to_their_addresses(
        self, lab: Lab, guests: list[Guest]
    ) -> None:
        for number in (2, 3):
            guest = Guest(
                lab,
                "n1",
                f"aa:00:00:00:03:0{number}",
                MODE="bridged",
                LINK="br100",
                IP=f"192.168.4.{number}",
                NETWORK_SUBNET="192.168.4.0/24",
                NETWORK_TAGS="public",
            )
            guests.append(guest.up())
            lab.address(guest.name, f"192.168.4.{number}/24")
        one, other = guests
        assert lab.pings(one.name, "192.168.4.3")
        lab.address(one.name, "192.168.4.9/24")
        words = ("ping", "-c1", "-W0.5", "-I", "192.168.4.9", "192.168.4.3")
        assert "1 received" not in lab.within(one.name, *words, check=False)
        lab.within(other.name, "ip", "neigh", "flush", "all")
        assert not lab.pings(other.name, "192.168.4.9", seconds=0.5)


class TestRights:
    def test_the_daemon_keeps_three_rights_and_no_more(
        self, lab: Lab, guests: list[Guest]
    ) -> None:
        pid = (lab.folder / "n1" / "nfdhcpd.pid").read_text().strip()
        told = Path("/proc", pid, "status").read_text()
        assert "Uid:\t65534\t65534" in told
        kept = f"{1 << 8 | 1 << 12 | 1 << 13:016x}"
        for name in ("CapPrm", "CapEff", "CapBnd"):
            assert f"{name}:\t{kept}" in told
        one = filtered(lab, guests, "n1", "aa:00:10:00:00:0c", "192.168.1.12")
        assert "ip=192.168.1.12" in lab.lease(one.name)


class TestComingAndGoing:
    def test_nothing_of_a_card_is_left(self, lab: Lab, guests: list[Guest]) -> None:
        one = routed(lab, guests, "n1", 40, TAGS="synnefo:network:0:limited")
        two = filtered(lab, guests, "n1", "aa:00:10:00:00:09", "192.168.1.9")
        for guest in (one, two):
            guest.down()
            for words in (
                ("nft", "list", "ruleset"),
                ("ip", "rule"),
                ("ip", "-6", "rule"),
                ("ip", "route", "show", "table", TABLE),
                ("ip", "-6", "route", "show", "table", TABLE),
                ("ip", "-6", "neigh", "show", "proxy"),
            ):
                shown = lab.within("n1", *words)
                assert guest.tap not in shown.split(), words
                assert guest.tap.upper() not in shown, words
            assert not (lab.folder / "n1" / "bindings" / guest.tap).exists()
            assert not (lab.folder / "n1" / "state" / guest.tap).exists()

    def test_up_twice_is_as_up_once(self, lab: Lab, guests: list[Guest]) -> None:
        one = routed(lab, guests, "n1", 41)
        looks = (("nft", "list", "ruleset"), ("ip", "rule"), ("ip", "-6", "rule"))
        before = [lab.within("n1", *words) for words in looks]
        one.up()
        assert before == [lab.within("n1", *words) for words in looks]

    def test_a_rebooted_guest_gets_the_same_again(self, lab: Lab, guests: list[Guest]) -> None:
        one = routed(lab, guests, "n1", 42)
        lab.lease(one.name)
        lab.within("n1", "ip", "link", "set", one.tap, "down")
        one.down()
        one.up()
        lab.within(one.name, "ip", "addr", "flush", "dev", "eth0")
        assert "ip=10.77.0.42" in lab.lease(one.name)
        assert lab.pings(one.name, INTERNET)

    def test_the_operators_script_runs_last_and_knows_the_card(
        self, lab: Lab, guests: list[Guest]
    ) -> None:
        extra = lab.folder / "n1" / "extra"
        extra.write_text(f"#!/bin/sh\necho $1 $INSTANCE $INDEV > {extra}.told\n")
        extra.chmod(0o755)
        one = filtered(lab, guests, "n1", "aa:00:10:00:00:0a", "192.168.1.10")
        extra.unlink()
        told = extra.with_name("extra.told").read_text().split()
        assert told == [one.tap, f"snf-{one.name}", "prv0"]

    def test_the_hook_clears_what_is_gone(self, lab: Lab, guests: list[Guest]) -> None:
        one = routed(lab, guests, "n1", 43)
        lab.move(one.tap, "n1", "n2")
        lab.call("n1", "hook", GANETI_INSTANCE_NAME=f"snf-{one.name}")
        assert not (lab.folder / "n1" / "state" / one.tap).exists()

    def test_nonsense_in_the_environment_is_refused(self, lab: Lab) -> None:
        with pytest.raises(AssertionError, match="no MAC address"):
            lab.call("n1", "ifup", "tap99", INTERFACE="tap99", MAC="x", LINK="br0; reboot")
