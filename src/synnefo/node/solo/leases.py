"""DHCP, DNS and router advertisements of one network: a dnsmasq each."""

import ipaddress
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from synnefo.node.solo import processes
from synnefo.node.solo.failures import JobFailure
from synnefo.node.solo.packet_rules import METADATA_ADDRESS
from synnefo.node.solo.records import Network
from synnefo.node.solo.wiring import bridge_name, is_routed

_RESOLVERS = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))
_LEASE = "12h"


class Lease(msgspec.Struct, frozen=True):
    """Which address belongs to which MAC, and under which name."""

    mac: str
    ip: str
    hostname: str


def wants_dhcp(network: Network) -> bool:
    """Tell whether a network's guests ask for their addresses."""
    return "nfdhcpd" in network.tags


def host_nameservers() -> list[str]:
    """Find name servers that a namespace of its own can reach."""
    for path in _RESOLVERS:
        if not path.exists():
            continue
        words = [line.split() for line in path.read_text().splitlines()]
        found = [word[1] for word in words if len(word) > 1 and word[0] == "nameserver"]
        usable = [one for one in found if not ipaddress.ip_address(one.split("%")[0]).is_loopback]
        if usable:
            return usable
    return []


def configuration(network: Network, folder: Path, nameservers: Sequence[str]) -> str:
    """Write dnsmasq's configuration for a network."""
    subnet = ipaddress.ip_network(network.network)
    lines = [
        f"interface={bridge_name(network)}",
        "except-interface=lo",
        "bind-dynamic",
        "user=root",
        "group=",
        "no-hosts",
        "no-resolv",
        "no-ping",
        "dhcp-authoritative",
        f"dhcp-leasefile={folder / 'leases'}",
        f"dhcp-hostsfile={folder / 'hosts'}",
        f"dhcp-range={subnet.network_address},static,{subnet.netmask},{_LEASE}",
    ]
    if is_routed(network):
        lines += [f"server={server}" for server in nameservers]
        lines += [f"dhcp-option=option:router,{network.gateway}"]
        lines += [f"dhcp-option=option:dns-server,{network.gateway}"]
    else:
        # No router: the way out is a public network's. Spec: images-and-nodes 4.2, PRIVATE.
        lines += ["port=0", f"shared-network={bridge_name(network)},{subnet.network_address}"]
        lines += ["dhcp-option=option:router", "dhcp-option=option:dns-server"]
        lines += [f"dhcp-option=option:classless-static-route,{METADATA_ADDRESS}/32,0.0.0.0"]
    if network.network6 and network.gateway6:
        prefix = ipaddress.IPv6Network(network.network6, strict=False)
        lines += ["enable-ra", f"dhcp-range={prefix.network_address},ra-stateless"]
    return "\n".join([*lines, ""])


def start(network: Network, folder: Path, inside: Sequence[str], servers: Sequence[str]) -> None:
    """Run a network's dnsmasq, anew when its configuration changed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    hosts, config = folder / "hosts", folder / "dnsmasq.conf"
    hosts.touch()
    text = configuration(network, folder, servers)
    is_same = config.exists() and config.read_text() == text
    if is_same and pid_of(folder) is not None:
        return
    stop(folder)
    config.write_text(text)
    pid_file = folder / "pid"
    done = subprocess.run(
        [*inside, "dnsmasq", f"--conf-file={config}", f"--pid-file={pid_file}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    if done.returncode:
        raise JobFailure(f"dnsmasq of {network.name} did not start: {done.stderr.strip()}")


def stop(folder: Path) -> None:
    """End a network's dnsmasq."""
    pid = pid_of(folder)
    if pid is not None:
        processes.end_pid(pid, by=signal.SIGTERM, within=3.0)
    (folder / "pid").unlink(missing_ok=True)


def write_hosts(folder: Path, leases: Sequence[Lease]) -> None:
    """Tell a network's dnsmasq who gets which address."""
    lines = [f"{lease.mac},{lease.ip},{lease.hostname},infinite\n" for lease in leases]
    text = "".join(sorted(lines))
    hosts = folder / "hosts"
    if hosts.exists() and hosts.read_text() == text:
        return
    scratch = folder / ".hosts.new"
    scratch.write_text(text)
    scratch.replace(hosts)
    pid = pid_of(folder)
    if pid is not None:
        os.kill(pid, signal.SIGHUP)


def prune(folder: Path, leases: Sequence[Lease]) -> bool:
    """Forget who had an address before; True when dnsmasq had to end for that.

    dnsmasq keeps an address from its new owner while it is leased to the old one, and reads its
    file of leases only when it starts.
    """
    owners = {lease.ip: lease.mac.lower() for lease in leases}
    if not any(_is_stale(line, owners) for line in _read_leases(folder)):
        return False
    stop(folder)
    kept = [line for line in _read_leases(folder) if not _is_stale(line, owners)]
    (folder / "leases").write_text("".join(kept))
    return True


def _read_leases(folder: Path) -> list[str]:
    file = folder / "leases"
    return file.read_text().splitlines(keepends=True) if file.exists() else []


def _is_stale(line: str, owners: dict[str, str]) -> bool:
    """Judge `expiry mac address name client`; lines about IPv6 are left alone."""
    words = line.split()
    return len(words) == 5 and "." in words[2] and owners.get(words[2]) != words[1].lower()


def pid_of(folder: Path) -> int | None:
    """Find a network's dnsmasq."""
    return processes.pid_with(folder / "pid", f"--conf-file={folder / 'dnsmasq.conf'}")
