"""What nfdhcpd reads and writes, word by word. Spec: images-and-nodes 4."""

import ipaddress
import struct
from pathlib import Path

import msgspec
import pytest

from synnefo.node.dhcp import binding as bindings
from synnefo.node.dhcp import dhcp4, dhcp6, frames, neighbours, settings
from synnefo.node.dhcp.binding import Binding
from synnefo.node.dhcp.dhcp4 import Kind, Option
from synnefo.node.dhcp.frames import Frame
from synnefo.node.dhcp.settings import Config, ConfigError, Mode

MAC, OWN = "aa:00:10:00:00:01", "cc:47:52:4e:45:54"
GUEST = Binding(
    tap="tap0",
    mac=MAC,
    indev="tap0",
    ip="10.0.0.5",
    hostname="web.example.org",
    gateway="10.0.0.1",
    subnet="10.0.0.0/24",
    subnet6="2001:db8::/64",
    gateway6="2001:db8::1",
    eui64="2001:db8::a800:10ff:fe00:1",
    mtu=1400,
)
CONFIG = Config(nameservers=("192.0.2.53",), nameservers6=("2001:db8::53",), domains6=("a.bc",))


def a_request(kind: int, *, flags: int = 0, client: str = "0.0.0.0", **options: bytes) -> bytes:
    fixed = struct.pack(
        "!BBBBIHH4s4s4s4s16s64s128s",
        *(1, 1, 6, 0, 0x1234, 0, flags, ipaddress.IPv4Address(client).packed),
        *(bytes(4), bytes(4), bytes(4), frames.mac_bytes(MAC), b"", b""),
    )
    told = {"KIND": bytes([kind]), **options}
    body = b"".join(bytes([Option[k], len(v)]) + v for k, v in told.items())
    return fixed + bytes([99, 130, 83, 99, 0]) + body + b"\xff"


def ask(
    kind: int, guest: Binding = GUEST, config: Config = CONFIG, **more: object
) -> Frame | None:
    request = dhcp4.decode(a_request(kind, **more))  # type: ignore[arg-type]
    assert request is not None
    raw = dhcp4.answer(guest, config, request, OWN)
    return frames.decode(raw) if raw is not None else None


def told(frame: Frame | None) -> dict[int, bytes]:
    assert frame is not None
    answer = dhcp4.decode(bytes([1]) + frame.payload[1:])
    assert answer is not None
    return answer.options


class TestDhcp:
    def test_an_offer_says_everything(self) -> None:
        frame = ask(Kind.DISCOVER)
        assert frame is not None
        options = told(frame)
        assert options[Option.KIND] == bytes([Kind.OFFER])
        assert frame.payload[16:20] == ipaddress.IPv4Address("10.0.0.5").packed
        assert options[Option.HOSTNAME] == b"web"
        assert options[Option.DOMAIN] == b"example.org"
        assert options[Option.NETMASK] == bytes([255, 255, 255, 0])
        assert options[Option.BROADCAST] == bytes([10, 0, 0, 255])
        assert options[Option.ROUTER] == bytes([10, 0, 0, 1])
        assert options[Option.NAME_SERVERS] == bytes([192, 0, 2, 53])
        assert options[Option.MTU] == struct.pack("!H", 1400)
        assert options[Option.LEASE] == struct.pack("!I", 604800)
        assert options[Option.RENEWAL] == struct.pack("!I", 3600)
        assert (frame.source_port, frame.target_port, frame.target) == (67, 68, "10.0.0.5")

    def test_a_request_is_taken_or_refused(self) -> None:
        own = ipaddress.IPv4Address("10.0.0.5").packed
        assert told(ask(Kind.REQUEST, REQUESTED=own))[Option.KIND] == bytes([Kind.ACK])
        assert told(ask(Kind.REQUEST, client="10.0.0.5"))[Option.KIND] == bytes([Kind.ACK])
        refused = ask(Kind.REQUEST, REQUESTED=bytes([10, 0, 0, 9]))
        assert told(refused) == {
            Option.KIND: bytes([Kind.NAK]),
            Option.SERVER: ipaddress.IPv4Address(CONFIG.server_ip).packed,
        }
        assert refused is not None
        assert refused.target == "255.255.255.255"

    def test_who_knows_its_address_hears_names_only(self) -> None:
        options = told(ask(Kind.INFORM, client="10.0.0.5"))
        assert set(options) == {
            Option.KIND,
            Option.SERVER,
            Option.HOSTNAME,
            Option.DOMAIN,
            Option.NAME_SERVERS,
        }

    @pytest.mark.parametrize("kind", [Kind.RELEASE, Kind.DECLINE, Kind.OFFER, 0])
    def test_the_rest_is_not_answered(self, kind: int) -> None:
        assert ask(kind) is None

    def test_a_guest_without_an_address_is_not_answered(self) -> None:
        assert ask(Kind.DISCOVER, msgspec.structs.replace(GUEST, ip="")) is None

    def test_a_private_guest_is_told_no_way_out(self) -> None:
        assert Option.ROUTER not in told(
            ask(Kind.DISCOVER, msgspec.structs.replace(GUEST, private=True))
        )

    def test_the_server_may_be_on_the_link(self) -> None:
        config = msgspec.structs.replace(CONFIG, server_on_link=True)
        for gateway, server in (("10.0.0.7", "10.0.0.7"), ("", "10.0.0.1")):
            guest = msgspec.structs.replace(GUEST, gateway=gateway)
            frame = ask(Kind.DISCOVER, guest, config)
            assert frame is not None
            assert frame.source == server

    def test_who_cannot_hear_otherwise_is_answered_by_broadcast(self) -> None:
        frame = ask(Kind.DISCOVER, flags=0x8000)
        assert frame is not None
        assert (frame.target, frame.target_mac) == ("255.255.255.255", frames.BROADCAST)

    @pytest.mark.parametrize("size", [0, 10, 235, 239, 241])
    def test_broken_requests_are_passed_over(self, size: int) -> None:
        whole = a_request(Kind.DISCOVER)
        found = dhcp4.decode(whole[:size])
        assert found is None or found.kind == 0


def an_icmp(payload: bytes, source: str = "fe80::1") -> Frame:
    return Frame(
        source_mac=MAC,
        target_mac="33:33:00:00:00:02",
        source=source,
        target="ff02::2",
        protocol=frames.ICMPV6,
        hops=255,
        payload=payload,
    )


class TestNeighbours:
    def test_an_advertisement_leads_to_the_gateway(self) -> None:
        config = msgspec.structs.replace(CONFIG, ra_period=100)
        raw = neighbours.advertisement(GUEST, config, OWN, to=an_icmp(bytes(8)))
        frame = frames.decode(raw)
        assert frame is not None
        assert (frame.source, frame.target, frame.hops) == (
            "fe80::ce47:52ff:fe4e:4554",
            "fe80::1",
            255,
        )
        flags, lifetime = struct.unpack_from("!BH", frame.payload, 5)
        assert (flags, lifetime) == (0x40, 14400)
        prefix = frame.payload.index(bytes([3, 4, 64]))
        assert frame.payload[prefix + 3] == 0xE0
        assert (
            frame.payload[prefix + 16 : prefix + 32] == ipaddress.IPv6Address("2001:db8::1").packed
        )
        servers = frame.payload.index(bytes([25, 3]))
        assert struct.unpack_from("!I", frame.payload, servers + 4) == (300,)
        assert bytes([5, 1, 0, 0]) + struct.pack("!I", 1400) in frame.payload

    def test_without_a_gateway_it_leads_nowhere(self) -> None:
        for change in ({"gateway6": ""}, {"private": True}):
            guest = msgspec.structs.replace(GUEST, **change)
            slaac = msgspec.structs.replace(CONFIG, mode=Mode.SLAAC)
            frame = frames.decode(neighbours.advertisement(guest, slaac, OWN))
            assert frame is not None
            assert struct.unpack_from("!BH", frame.payload, 5) == (0, 0)
            assert frame.target == neighbours.ALL_NODES

    def test_the_node_stands_for_the_others_and_never_for_the_guest_itself(self) -> None:
        stands = neighbours.stands_for
        assert stands(GUEST, ipaddress.IPv6Address("2001:db8::77"), OWN)
        assert stands(GUEST, neighbours.link_local(OWN), OWN)
        assert not stands(GUEST, ipaddress.IPv6Address(GUEST.eui64), OWN)
        assert not stands(GUEST, ipaddress.IPv6Address("2001:db9::77"), OWN)

    def test_an_answer_names_the_node(self) -> None:
        target = ipaddress.IPv6Address("2001:db8::77")
        asked = an_icmp(bytes([135]) + bytes(7) + target.packed)
        assert neighbours.asked_for(asked) == target
        raw = neighbours.neighbour(asked, target, OWN)
        assert raw is not None
        frame = frames.decode(raw)
        assert frame is not None
        assert frame.payload[4] == 0xC0
        assert frame.payload[-6:] == frames.mac_bytes(OWN)

    def test_a_guest_that_looks_for_a_twin_hears_nothing(self) -> None:
        asked = an_icmp(bytes(24), source="::")
        assert neighbours.neighbour(asked, ipaddress.IPv6Address("2001:db8::77"), OWN) is None

    def test_sums_are_right(self) -> None:
        raw = neighbours.advertisement(GUEST, CONFIG, OWN)
        body = raw[54:]
        pseudo = raw[22:54] + struct.pack("!IHBB", len(body), 0, 0, 58)
        assert frames.checksum(pseudo + body) == 0


class TestDhcp6:
    def test_names_are_told_to_who_asks(self) -> None:
        client = bytes([0, 1, 0, 4]) + b"abcd"
        asked = Frame(
            source_mac=MAC,
            target_mac=OWN,
            source="fe80::1",
            target="ff02::1:2",
            protocol=frames.UDP,
            source_port=546,
            target_port=547,
            payload=bytes([11, 1, 2, 3]) + client,
        )
        raw = dhcp6.answer(asked, CONFIG, OWN)
        assert raw is not None
        frame = frames.decode(raw)
        assert frame is not None
        assert frame.payload.startswith(bytes([7, 1, 2, 3]) + client)
        assert ipaddress.IPv6Address("2001:db8::53").packed in frame.payload
        assert b"\x01a\x02bc\0" in frame.payload
        assert (frame.source_port, frame.target_port) == (547, 546)
        other = msgspec.structs.replace(asked, payload=bytes([1, 1, 2, 3]))
        assert dhcp6.answer(other, CONFIG, OWN) is None


class TestBindings:
    def test_a_binding_is_read_as_it_was_written(self, tmp_path: Path) -> None:
        bindings.write(tmp_path, GUEST)
        assert bindings.read_all(tmp_path) == {"tap0": GUEST}
        bindings.remove(tmp_path, "tap0")
        assert bindings.read_all(tmp_path) == {}

    @pytest.mark.parametrize("text", ["", "MAC=x\n", f"MAC={MAC}\nIP=300.1.1.1\n", "\0"])
    def test_nonsense_is_passed_over(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "tap1").write_text(text)
        assert bindings.read_all(tmp_path) == {}

    def test_words_may_be_quoted(self) -> None:
        found = bindings.parse(
            "tap2", f"MAC='{MAC}'\nMACSPOOF=yes\n# odd\nTAGS=\"a b\"\nPRIVATE=\n"
        )
        assert (found.macspoof, found.private, found.tags) == (True, False, ("a", "b"))


class TestConfig:
    def read(self, folder: Path, text: str) -> Config:
        path = folder / "nfdhcpd.conf"
        path.write_text(text)
        return settings.read(path)

    @pytest.mark.parametrize(
        ("text", "mode"),
        [
            ("", Mode.BOTH),
            ("[ipv6]\nrs_queue=43\nns_queue=44\ndhcpv6_queue=45\n", Mode.BOTH),
            ("[ipv6]\nrs_queue=43\nns_queue=44\ndhcp_queue=45\n", Mode.BOTH),
            ("[ipv6]\nrs_queue=43\nns_queue=44\n", Mode.SLAAC),
            ("[ipv6]\nmode=slaac+dhcpv6\n", Mode.BOTH),
            ("[ipv6]\nenable_ipv6=no\n", Mode.OFF),
        ],
    )
    def test_modes(self, tmp_path: Path, text: str, mode: Mode) -> None:
        assert self.read(tmp_path, text).mode is mode

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("[dhcp]\nserver_ip=x\n", 1),
            ("[ipv6]\nnameservers=192.0.2.1\n", 1),
            ("[ipv6]\nmode=off\n", 2),
            ("[ipv6]\nrs_queue=43\n", 3),
            ("[ipv6]\nmode=dhcpv6\n", 4),
            ("[ipv6]\ndhcpv6_queue=45\n", 4),
            ("nonsense", 1),
        ],
    )
    def test_what_cannot_be_followed_has_its_code(
        self, tmp_path: Path, text: str, code: int
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            self.read(tmp_path, text)
        assert caught.value.code == code

    def test_a_missing_file_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError):
            settings.read(tmp_path / "none")
