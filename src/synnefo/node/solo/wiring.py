"""What wires machines to networks, and the two simple ways: not at all, and in user mode."""

import ipaddress
import json
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from synnefo.node.solo.machines import Cable
from synnefo.node.solo.records import Instance, Network, Nic

SSH_PORT = 22


class Wiring(Protocol):
    """Networks as machines meet them. Every verb may be repeated."""

    inside: Sequence[str]
    """Command prefix that runs a program where the taps belong."""

    def begin(self, networks: Sequence[Network], plugged: Iterable[tuple[Instance, Nic]]) -> None:
        """Make everything that is missing, with the NICs of the machines that run."""

    def end(self) -> None:
        """Undo everything."""

    def connect(self, network: Network) -> None:
        """Make a network ready for NICs."""

    def disconnect(self, network: Network) -> None:
        """Undo `connect`."""

    def cable(self, nic: Nic, network: Network | None) -> Cable:
        """Tell how QEMU plugs a NIC; may give the NIC a port for SSH."""

    def plug(self, instance: Instance, nic: Nic, network: Network | None) -> None:
        """Wire a NIC whose tap is there: bridge, lease, firewall, binding."""

    def unplug(self, nic: Nic) -> None:
        """Undo `plug`."""


class NoWiring:
    """No networks at all, for the hypervisor `fake`."""

    inside: Sequence[str] = ()

    def begin(self, networks: Sequence[Network], plugged: Iterable[tuple[Instance, Nic]]) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""

    def connect(self, network: Network) -> None:
        """Do nothing."""

    def disconnect(self, network: Network) -> None:
        """Do nothing."""

    def cable(self, nic: Nic, network: Network | None) -> Cable:
        """Plug nothing in."""
        return Cable()

    def plug(self, instance: Instance, nic: Nic, network: Network | None) -> None:
        """Do nothing."""

    def unplug(self, nic: Nic) -> None:
        """Do nothing."""


class UserWiring:
    """QEMU's user-mode networking: needs no rights, and each guest is alone with the world.

    Lost against bridges: guests do not see each other, nobody reaches them but by the forwarded
    SSH port, no firewall profiles, and the metadata service stays dark (config drive only).
    """

    inside: Sequence[str] = ()

    def __init__(self, bindings: Path) -> None:
        self._bindings = bindings

    def begin(self, networks: Sequence[Network], plugged: Iterable[tuple[Instance, Nic]]) -> None:
        """Write the bindings anew."""
        by_uuid = {network.uuid: network for network in networks}
        clear_bindings(self._bindings)
        for instance, nic in plugged:
            self.plug(instance, nic, by_uuid.get(nic.network or ""))

    def end(self) -> None:
        """Forget the bindings."""
        clear_bindings(self._bindings)

    def connect(self, network: Network) -> None:
        """Do nothing: every QEMU has the network to itself."""

    def disconnect(self, network: Network) -> None:
        """Do nothing."""

    def cable(self, nic: Nic, network: Network | None) -> Cable:
        """Describe a network of the guest's own, with its SSH port on the loopback."""
        options = user_options(nic, network)
        if options["restrict"] == "off":
            nic.ssh_port = _free_port(nic.ssh_port)
            target = options["dhcpstart"]
            options["hostfwd"] = f"tcp:127.0.0.1:{nic.ssh_port}-{target}:{SSH_PORT}"
        return Cable(user=options)

    def plug(self, instance: Instance, nic: Nic, network: Network | None) -> None:
        """Write the binding."""
        write_binding(self._bindings, tap_name(nic), (instance, nic, network))

    def unplug(self, nic: Nic) -> None:
        """Delete the binding."""
        (self._bindings / f"{tap_name(nic)}.json").unlink(missing_ok=True)


def is_routed(network: Network | None) -> bool:
    """Tell whether a network's gateway is ours and leads outside."""
    if network is None or not network.gateway:
        return False
    return bool({"public", "nat", "masq"} & set(network.tags))


def tap_name(nic: Nic) -> str:
    """Name the tap of a NIC (at most 15 characters)."""
    return f"t{nic.uuid.replace('-', '')[:11]}"


def user_options(nic: Nic, network: Network | None) -> dict[str, str]:
    """Describe a user-mode network in which DHCP hands out the NIC's address."""
    subnet = ipaddress.ip_network(network.network if network else "10.0.2.0/24")
    if not isinstance(subnet, ipaddress.IPv4Network) or subnet.num_addresses < 8:
        subnet = ipaddress.IPv4Network("10.0.2.0/24")
    inside = subnet[1], subnet[2], subnet[3], subnet[4]
    own = nic.ip if nic.ip and ipaddress.IPv4Address(nic.ip) in subnet else str(inside[3])
    gateway = network.gateway if network and network.gateway else None
    if gateway is None or ipaddress.IPv4Address(gateway) not in subnet:
        gateway = next(str(one) for one in inside if str(one) != own)
    names = next(str(one) for one in inside if str(one) not in {own, gateway})
    return {
        "net": str(subnet),
        "host": gateway,
        "dns": names,
        "dhcpstart": own,
        "restrict": "off" if network is None or is_routed(network) else "on",
    }


def write_binding(folder: Path, tap: str, who: tuple[Instance, Nic, Network | None]) -> None:
    """Tell the metadata service who asks from an address or MAC of a network."""
    instance, nic, network = who
    binding = {
        "tap": tap,
        "instance": instance.name,
        "instance_uuid": instance.uuid,
        "server_uuid": instance.osparams.get("server_uuid"),
        "mac": nic.mac,
        "ip": nic.ip,
        "nic": nic.name,
        "network": network.name if network else None,
        "network_uuid": network.uuid if network else None,
        "bridge": bridge_name(network) if network else None,
    }
    scratch = folder / f".{tap}.new"
    scratch.write_text(json.dumps(binding))
    scratch.replace(folder / f"{tap}.json")


def clear_bindings(folder: Path) -> None:
    """Forget every binding."""
    for path in folder.glob("*.json"):
        path.unlink(missing_ok=True)


def bridge_name(network: Network) -> str:
    """Name the bridge of a network, inside the cloud's namespace."""
    return f"br{network.number}"


def _free_port(wanted: int | None) -> int:
    for port in (wanted or 0, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no loopback port is free")
