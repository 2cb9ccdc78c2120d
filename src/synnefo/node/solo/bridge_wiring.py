"""Networks with bridges: one namespace for each cloud, one bridge and one dnsmasq a network.

The namespace keeps clouds on one machine apart, whatever addresses they use. One veth pair leads
out of it; the host routes public networks through it and hides them behind its own address.
"""

import hashlib
import ipaddress
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from synnefo.kit.logs import get_logger
from synnefo.node.solo import leases, packet_rules
from synnefo.node.solo.failures import JobFailure
from synnefo.node.solo.leases import Lease
from synnefo.node.solo.machines import Cable
from synnefo.node.solo.metadata_points import MetadataPoints
from synnefo.node.solo.packet_rules import METADATA_ADDRESS, UPLINK, Port
from synnefo.node.solo.records import Instance, Network, Nic
from synnefo.node.solo.settings import Places
from synnefo.node.solo.wiring import (
    bridge_name,
    clear_bindings,
    is_routed,
    tap_name,
    write_binding,
)

log = get_logger(__name__)

_LINKS = ipaddress.IPv4Network("100.64.0.0/10")
_TOOLS = ("ip", "nft", "nsenter", "unshare", "sysctl", "dnsmasq")
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_SWITCHES = (
    "net.ipv4.ip_forward=1",
    "net.ipv4.conf.all.arp_ignore=1",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv6.conf.all.forwarding=1",
)
_BRIDGE_SWITCHES = (
    "net.bridge.bridge-nf-call-iptables=0",
    "net.bridge.bridge-nf-call-ip6tables=0",
    "net.bridge.bridge-nf-call-arptables=0",
)
"""Frames inside a bridge must not meet the rules for routed packets."""


class _Plugged(msgspec.Struct, frozen=True):
    port: Port
    network: Network
    lease: Lease | None


class BridgeWiring:
    """The kernel's side of a cloud's networks; needs root."""

    def __init__(self, cloud: str, places: Places, *, nameservers: Sequence[str]) -> None:
        self.namespace = f"snf-{cloud}"
        self.inside: Sequence[str] = ("nsenter", f"--net=/run/netns/{self.namespace}")
        self._cloud = cloud
        self._link = f"snf-{cloud}"[:15]
        self._bindings = places.bindings
        self._points = MetadataPoints(
            self.namespace, bindings=places.bindings, instances=places.instances
        )
        self._folder = places.networks
        self._marker = places.home / "forwarding-was-off"
        self._nameservers = list(nameservers) or leases.host_nameservers()
        self._lock = threading.RLock()
        self._networks: dict[str, Network] = {}
        self._plugged: dict[str, _Plugged] = {}

    def begin(self, networks: Sequence[Network], plugged: Iterable[tuple[Instance, Nic]]) -> None:
        """Make namespace, uplink, bridges and rules as they should be, whatever is there."""
        with self._lock:
            self._make_namespace()
            self._make_uplink()
            self._plugged = {}
            by_uuid = {network.uuid: network for network in networks}
            self._networks = {one.uuid: one for one in networks if one.groups}
            self._sweep()
            for instance, nic in plugged:
                self._note(instance, nic, by_uuid.get(nic.network or ""))
            clear_bindings(self._bindings)
            for network in self._networks.values():
                self._make_bridge(network)
                self._write_leases(network)
                self._start_leases(network)
                self._points.open(bridge_name(network))
            self._write_rules(routes_too=True)
            for instance, nic in plugged:
                self.plug(instance, nic, by_uuid.get(nic.network or ""))

    def end(self) -> None:
        """Take everything out of the kernel."""
        with self._lock:
            self._points.close_all()
            for folder in self._folder.iterdir():
                leases.stop(folder)
            clear_bindings(self._bindings)
            _try(["ip", "netns", "delete", self.namespace])
            _try(["ip", "link", "delete", self._link])
            _try(["nft", "delete", "table", "ip", f"snf_{self._cloud}"])
            self._stop_forwarding()

    def connect(self, network: Network) -> None:
        """Make bridge and lease server; a routed network becomes reachable from the host."""
        with self._lock:
            self._networks[network.uuid] = network
            self._make_bridge(network)
            self._write_leases(network)
            self._start_leases(network)
            self._write_rules(routes_too=True)
            self._points.open(bridge_name(network))

    def disconnect(self, network: Network) -> None:
        """Remove bridge and lease server."""
        with self._lock:
            self._networks.pop(network.uuid, None)
            self._points.close(bridge_name(network))
            self._drop(network.number)
            if is_routed(network):
                _try(["ip", "route", "delete", network.network, "dev", self._link])
            self._write_rules(routes_too=True)

    def cable(self, nic: Nic, network: Network | None) -> Cable:
        """Plug a NIC into a tap, which QEMU makes and which dies with it."""
        return Cable(tap=tap_name(nic))

    def plug(self, instance: Instance, nic: Nic, network: Network | None) -> None:
        """Guard the tap, announce its lease, then put it on the bridge."""
        if network is None:
            raise JobFailure(f"NIC {nic.name} belongs to no network")
        with self._lock:
            before = self._plugged.get(tap_name(nic))
            if self._note(instance, nic, network) != before:
                self._write_rules()
                self._write_leases(network)
            write_binding(self._bindings, tap_name(nic), (instance, nic, network))
        master = ["master", bridge_name(network), "up"]
        _run(["ip", "-n", self.namespace, "link", "set", tap_name(nic), *master])

    def unplug(self, nic: Nic) -> None:
        """Forget a NIC's lease, rules and binding; its tap is gone with QEMU."""
        with self._lock:
            found = self._plugged.pop(tap_name(nic), None)
            (self._bindings / f"{tap_name(nic)}.json").unlink(missing_ok=True)
            if found:
                self._write_rules()
                self._write_leases(found.network)

    def _drop(self, number: int) -> None:
        leases.stop(self._folder / str(number))
        shutil.rmtree(self._folder / str(number), ignore_errors=True)
        _try(["ip", "-n", self.namespace, "link", "delete", f"br{number}"])

    def _sweep(self) -> None:
        """Remove what is left of networks that are gone."""
        known = {network.number for network in self._networks.values()}
        found = {folder.name for folder in self._folder.iterdir()}
        shown = _run(["ip", "-n", self.namespace, "-o", "link", "show", "type", "bridge"])
        found |= set(re.findall(r": br(\d+):", shown))
        for number in found - {str(one) for one in known}:
            self._drop(int(number))

    def _note(self, instance: Instance, nic: Nic, network: Network | None) -> _Plugged | None:
        if network is None:
            return None
        names = [nic.name or "", nic.uuid, str(instance.nics.index(nic))]
        profile = packet_rules.profile_of(instance.tags, names)
        port = Port(tap_name(nic), nic.mac, nic.ip, network.network6, profile)
        host = str(instance.osparams.get("hostname") or instance.name)
        plain = "".join(c for c in host.lower() if c.isascii() and (c.isalnum() or c == "-"))
        lease = Lease(nic.mac, nic.ip, plain.strip("-") or instance.name) if nic.ip else None
        noted = self._plugged[tap_name(nic)] = _Plugged(port, network, lease)
        return noted

    def _folder_of(self, network: Network) -> Path:
        return self._folder / str(network.number)

    def _make_namespace(self) -> None:
        if not Path("/run/netns", self.namespace).exists():
            _run(["ip", "netns", "add", self.namespace])
        _run([*self.inside, "sysctl", "-qw", *_SWITCHES])
        if Path("/proc/sys/net/bridge").exists():
            _run([*self.inside, "sysctl", "-qw", *_BRIDGE_SWITCHES])
        _run(["ip", "-n", self.namespace, "link", "set", "lo", "up"])

    def _make_uplink(self) -> None:
        subnet, inner = self._link_addresses()
        outer = subnet[1]
        if not Path("/sys/class/net", self._link).exists():
            peer = ["peer", "name", UPLINK, "netns", self.namespace]
            _run(["ip", "link", "add", self._link, "type", "veth", *peer])
        _run(["ip", "address", "replace", f"{outer}/30", "dev", self._link])
        _run(["ip", "link", "set", self._link, "up"])
        _batch(
            self.namespace,
            [
                f"address replace {inner}/30 dev {UPLINK}",
                f"link set {UPLINK} up",
                f"route replace default via {outer} dev {UPLINK}",
            ],
        )
        self._forward_packets()
        _nft([], packet_rules.outside_table(self._cloud, self._link, str(subnet)))

    def _forward_packets(self) -> None:
        if _FORWARDING.read_text().strip() == "0":
            self._marker.touch()
            _FORWARDING.write_text("1")

    def _stop_forwarding(self) -> None:
        """Set the host's switch back if we turned it on and no other cloud needs it."""
        others = [link for link in Path("/sys/class/net").glob("snf-*") if link.name != self._link]
        if self._marker.exists() and not others:
            _FORWARDING.write_text("0")
        self._marker.unlink(missing_ok=True)

    def _link_addresses(self) -> tuple[ipaddress.IPv4Network, ipaddress.IPv4Address]:
        """Find four addresses for the uplink that no other link of this host has."""
        taken = [
            ipaddress.ip_interface(f"{address['local']}/{address['prefixlen']}").network
            for link in json.loads(_run(["ip", "-j", "-4", "address", "show"]))
            if link["ifname"] != self._link
            for address in link["addr_info"]
        ]
        digest = hashlib.sha256(self._cloud.encode()).digest()
        start = int.from_bytes(digest[:4], "big")
        for step in range(1000):
            offset = (start + step) * 4 % _LINKS.num_addresses
            subnet = ipaddress.IPv4Network((_LINKS[offset], 30))
            if not any(subnet.overlaps(other) for other in taken):
                return subnet, subnet[2]
        raise JobFailure("No addresses are free for the cloud's uplink")

    def _make_bridge(self, network: Network) -> None:
        bridge = bridge_name(network)
        shown = _run(["ip", "-n", self.namespace, "-o", "link", "show"])
        commands = [] if f": {bridge}:" in shown else [f"link add {bridge} type bridge"]
        digest = hashlib.sha256(network.uuid.encode()).hexdigest()
        mac = "0a:" + ":".join(digest[at : at + 2] for at in range(0, 10, 2))
        commands += [
            f"link set {bridge} address {mac} up",
            f"address replace {METADATA_ADDRESS}/32 dev {bridge}",
        ]
        if is_routed(network):
            length = ipaddress.ip_network(network.network).prefixlen
            commands.append(f"address replace {network.gateway}/{length} dev {bridge}")
            if network.network6 and network.gateway6:
                length = ipaddress.ip_network(network.network6).prefixlen
                commands.append(f"address replace {network.gateway6}/{length} dev {bridge} nodad")
        _batch(self.namespace, commands)

    def _start_leases(self, network: Network) -> None:
        if leases.wants_dhcp(network):
            folder = self._folder_of(network)
            leases.start(network, folder, self.inside, self._nameservers)

    def _write_leases(self, network: Network) -> None:
        folder = self._folder_of(network)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = [one for one in self._plugged.values() if one.network.uuid == network.uuid]
        wanted = [one.lease for one in mine if one.lease]
        leases.write_hosts(folder, wanted)
        if leases.prune(folder, wanted):
            self._start_leases(network)

    def _write_rules(self, *, routes_too: bool = False) -> None:
        text = packet_rules.bridge_table([one.port for one in self._plugged.values()])
        if routes_too:
            routed = [one for one in self._networks.values() if is_routed(one)]
            bridges = [bridge_name(one) for one in self._networks.values()]
            text += packet_rules.inside_tables([bridge_name(one) for one in routed], bridges)
            for network in routed:
                self._route(network)
        _nft(self.inside, text)

    def _route(self, network: Network) -> None:
        """Lead the host to a routed network, unless the host has another way there."""
        known = json.loads(_run(["ip", "-j", "route", "show", network.network]) or "[]")
        others = [route["dev"] for route in known if route.get("dev") != self._link]
        if others:
            log.warning(
                "another link leads to this network; its guests are not reachable from the host",
                network=network.network,
                link=others[0],
            )
            return
        _, inner = self._link_addresses()
        via = ["via", str(inner), "dev", self._link]
        _run(["ip", "route", "replace", network.network, *via])


def works() -> bool:
    """Tell whether this process may make namespaces and rules, and has the tools."""
    if any(shutil.which(tool) is None for tool in _TOOLS):
        return False
    try:
        _run(["unshare", "--net", "nft", "list", "ruleset"])
    except (JobFailure, OSError):
        return False
    return True


def _batch(namespace: str, commands: Sequence[str]) -> None:
    _run(["ip", "-n", namespace, "-batch", "-"], "\n".join(commands))


def _nft(inside: Sequence[str], text: str) -> None:
    _run([*inside, "nft", "-f", "-"], text)


def _run(command: Sequence[str], text: str = "") -> str:
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise JobFailure(f"{command[0]} failed: {error}") from error
    if done.returncode:
        raise JobFailure(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def _try(command: Sequence[str]) -> None:
    try:
        _run(command)
    except JobFailure as failure:
        log.debug("nothing to undo", why=failure.message)
