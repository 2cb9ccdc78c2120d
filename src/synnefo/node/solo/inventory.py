"""What the cluster has, in memory; every change goes to the ledger first."""

import ipaddress
import random
import threading

from synnefo.kit.ids import is_uuid
from synnefo.node.solo.failures import refused, unknown
from synnefo.node.solo.ledger import Ledger
from synnefo.node.solo.records import Instance, Network, Nic, touch

FIRST_PORT = 11000
LAST_PORT = 14999
DEFAULT_MAC_PREFIX = "aa:00:00"


class Inventory:
    """Instances and networks, with what is derived from them: addresses, MACs, ports."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.lock = threading.RLock()
        self._instances = {instance.name: instance for instance in ledger.instances()}
        self._networks = {network.name: network for network in ledger.networks()}
        self._by_uuid = {network.uuid: network for network in self._networks.values()}
        self._addresses: dict[tuple[str, str], str] = {}
        self._claimed: dict[str, set[tuple[str, str]]] = {}
        self._macs: set[str] = set()
        self._ports = {instance.network_port for instance in self._instances.values()}
        for instance in self._instances.values():
            self._index(instance)

    def instances(self) -> list[Instance]:
        """List the instances that are made or being made, by name."""
        with self.lock:
            return sorted(self._instances.values(), key=lambda one: one.name)

    def networks(self) -> list[Network]:
        """List the networks, by name."""
        with self.lock:
            return sorted(self._networks.values(), key=lambda one: one.name)

    def find(self, name: str) -> Instance | None:
        """Find an instance by name or uuid; takes no lock, so that queue and ledger may ask."""
        found = self._instances.get(name)
        if found is None and is_uuid(name):
            known = list(self._instances.values())
            found = next((one for one in known if one.uuid == name), None)
        return found

    def instance(self, name: str) -> Instance:
        """Find an instance or fail as Ganeti does."""
        found = self.find(name)
        if found is None:
            raise unknown("Instance", name)
        return found

    def find_network(self, name: str) -> Network | None:
        """Find a network by name or uuid; takes no lock, so that queue and ledger may ask."""
        return self._networks.get(name) or self._by_uuid.get(name)

    def network(self, name: str) -> Network:
        """Find a network or fail as Ganeti does."""
        found = self.find_network(name)
        if found is None:
            raise unknown("Network", name)
        return found

    def keep(self, instance: Instance) -> None:
        """Record an instance, new or changed; its NICs claim their addresses."""
        with self.lock:
            touch(instance)
            self.ledger.put(instance)
            self._instances[instance.name] = instance
            self._index(instance)

    def forget(self, instance: Instance) -> None:
        """Drop an instance and what it claimed."""
        with self.lock:
            self.ledger.drop(instance)
            self._instances.pop(instance.name, None)
            self._ports.discard(instance.network_port)
            self._unindex(instance.name)

    def rename(self, instance: Instance, new_name: str) -> None:
        """Move an instance to another name."""
        with self.lock, self.ledger.change():
            self.ledger.drop(instance)
            self._instances.pop(instance.name)
            self._unindex(instance.name)
            instance.name = new_name
            self.keep(instance)

    def keep_network(self, network: Network) -> None:
        """Record a network, new or changed."""
        with self.lock:
            touch(network)
            self.ledger.put(network)
            self._networks[network.name] = network
            self._by_uuid[network.uuid] = network

    def forget_network(self, network: Network) -> None:
        """Drop a network."""
        with self.lock:
            self.ledger.drop(network)
            self._networks.pop(network.name, None)
            self._by_uuid.pop(network.uuid, None)

    def new_network_number(self) -> int:
        """Pick the smallest number that no network has."""
        with self.lock:
            taken = {network.number for network in self._networks.values()}
        return next(number for number in range(1, len(taken) + 2) if number not in taken)

    def new_port(self) -> int:
        """Pick a free console port."""
        with self.lock:
            for port in range(FIRST_PORT, LAST_PORT + 1):
                if port not in self._ports:
                    self._ports.add(port)
                    return port
        raise refused("No console port is free", "insufficient_resources")

    def users_of(self, network: Network) -> list[str]:
        """List the instances that have a NIC in a network."""
        with self.lock:
            return [
                instance.name
                for instance in self.instances()
                if any(nic.network == network.uuid for nic in instance.nics)
            ]

    def addresses_of(self, network: Network) -> list[str]:
        """List the addresses that NICs hold in a network."""
        with self.lock:
            return [ip for uuid, ip in self._addresses if uuid == network.uuid]

    def claim(self, owner: str, nic: Nic, wanted: str | None) -> None:
        """Give a NIC the address it wants, a free one for `pool`, and a MAC if it has none."""
        with self.lock:
            network = self._by_uuid.get(nic.network) if nic.network else None
            if not nic.mac:
                nic.mac = self._new_mac(network)
            self._macs.add(nic.mac)
            if not wanted or wanted == "none":
                nic.ip = None
            elif network is None:
                if wanted == "pool":
                    raise refused("Address pool requested for a NIC without a network")
                nic.ip = str(ipaddress.ip_address(wanted))
            else:
                nic.ip = self._address_in(network, wanted, owner)
                self._hold(owner, (network.uuid, nic.ip))

    def _address_in(self, network: Network, wanted: str, owner: str) -> str:
        subnet = ipaddress.ip_network(network.network)
        fixed = {network.gateway, *network.reserved}
        if wanted == "pool":
            for address in subnet.hosts():
                text = str(address)
                if text not in fixed and (network.uuid, text) not in self._addresses:
                    return text
            raise refused(f"No free address in network {network.name}", "insufficient_resources")
        try:
            address = ipaddress.ip_address(wanted)
        except ValueError:
            raise refused(f"Invalid IP address '{wanted}'") from None
        if address not in subnet:
            raise refused(f"Address {wanted} is not in network {network.name} ({subnet})")
        if self._addresses.get((network.uuid, str(address)), owner) != owner:
            raise refused(
                f"Address {wanted} is already in use in {network.name}", "already_exists"
            )
        return str(address)

    def _new_mac(self, network: Network | None) -> str:
        prefix = (network.mac_prefix if network else None) or DEFAULT_MAC_PREFIX
        head = prefix.lower().replace(":", "")
        while True:
            tail = "".join(random.choice("0123456789abcdef") for _ in range(12 - len(head)))
            digits = head + tail
            mac = ":".join(digits[at : at + 2] for at in range(0, 12, 2))
            if mac not in self._macs:
                return mac

    def _index(self, instance: Instance) -> None:
        self._unindex(instance.name)
        for nic in instance.nics:
            self._macs.add(nic.mac)
            if nic.network and nic.ip:
                self._hold(instance.name, (nic.network, nic.ip))

    def _hold(self, owner: str, key: tuple[str, str]) -> None:
        self._addresses[key] = owner
        self._claimed.setdefault(owner, set()).add(key)

    def _unindex(self, name: str) -> None:
        for key in self._claimed.pop(name, ()):
            if self._addresses.get(key) == name:
                del self._addresses[key]
