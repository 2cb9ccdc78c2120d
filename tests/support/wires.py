"""Nodes, guests and a world outside as network namespaces, with real packets between them."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

NODES = ("n1", "n2")
BRIDGES = ("prv0", "prv1", "prv2", "br100")
OUTSIDE = "out"
GATEWAY, GATEWAY6 = "10.77.0.1", "2001:db8:77::1"
SUBNET, SUBNET6 = "10.77.0.0/24", "2001:db8:77::/64"
INTERNET = "198.51.100.1"
_LISTEN = """
import socket, sys, threading
def serve(port):
    server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        made, _ = server.accept()
        made.sendall(str(made.getpeername()[0]).encode()); made.close()
for port in sys.argv[1:]:
    threading.Thread(target=serve, args=(int(port),), daemon=False).start()
"""
_CONNECT = """
import socket, sys
try:
    made = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=float(sys.argv[3]))
except OSError:
    sys.exit(1)
print(made.recv(100).decode().removeprefix("::ffff:"))
"""
_CALL = "from synnefo.node.networking import programs; programs.{}()"
CONFIG = """
[general]
pidfile = {folder}/nfdhcpd.pid
datapath = {folder}/bindings
logdir = {folder}
user = nobody
[dhcp]
nameservers = 192.0.2.53
domain = vm.example.org
[ipv6]
nameservers = 2001:db8::53
domains = vm.example.org
ra_period = 300
"""


def run(*words: str, check: bool = True, **environment: str) -> str:
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )
    assert not check or not done.returncode, f"{words}: {done.stderr}{done.stdout}"
    return done.stdout


class Lab:
    """Two nodes, what lies between them, and the guests that a test makes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._id = f"w{os.getpid()}"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._made: list[str] = []
        self._of_place: dict[str, list[subprocess.Popen[bytes]]] = {}
        self._count = 0

    def ns(self, name: str) -> str:
        """Answer the namespace of a node, a guest or the world outside."""
        return f"{self._id}-{name}"

    def within(self, name: str, *words: str, check: bool = True, **environment: str) -> str:
        """Run a command there."""
        return run("ip", "netns", "exec", self.ns(name), *words, check=check, **environment)

    def _make(self, name: str) -> None:
        run("ip", "netns", "add", self.ns(name))
        self._made.append(name)
        run("ip", "-n", self.ns(name), "link", "set", "lo", "up")

    def _cable(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        ends = [("name", end[1], "netns", self.ns(end[0])) for end in (one, other)]
        run("ip", "link", "add", *ends[0], "type", "veth", "peer", *ends[1])
        for place, device in (one, other):
            run("ip", "-n", self.ns(place), "link", "set", device, "up")

    def begin(self) -> None:
        """Make the world and the nodes."""
        self._make(OUTSIDE)
        for bridge in (*BRIDGES, "pub"):
            self._bridge(OUTSIDE, bridge)
        for node in NODES:
            self._make(node)
            for bridge in BRIDGES:
                self._bridge(node, bridge)
                self._cable((node, f"up-{bridge}"), (OUTSIDE, f"{node}-{bridge}"))
                run("ip", "-n", self.ns(node), "link", "set", f"up-{bridge}", "master", bridge)
                self._join(node, bridge)
            self._cable((node, "pub0"), (OUTSIDE, f"{node}-pub"))
            self._join(node, "pub")
            self._conf(node)
            self.call(node, "set_up_host", "pub0", "snf_test", SUBNET, GATEWAY)
            self.call(node, "set_up_host", "pub0", "snf_test", SUBNET6, GATEWAY6)
        for address, device in (
            (f"{GATEWAY}/24", "pub"),
            (f"{GATEWAY6}/64", "pub"),
            (f"{INTERNET}/32", "lo"),
        ):
            words = ("nodad",) if ":" in address else ()
            run("ip", "-n", self.ns(OUTSIDE), "addr", "add", address, "dev", device, *words)
        self.listen(OUTSIDE, "80")

    def _bridge(self, place: str, bridge: str) -> None:
        run(
            "ip",
            "-n",
            self.ns(place),
            "link",
            "add",
            bridge,
            "type",
            "bridge",
            "mcast_snooping",
            "0",
        )
        run("ip", "-n", self.ns(place), "link", "set", bridge, "up")

    def _join(self, node: str, bridge: str) -> None:
        run("ip", "-n", self.ns(OUTSIDE), "link", "set", f"{node}-{bridge}", "master", bridge)

    def _conf(self, node: str) -> None:
        folder = self.folder / node
        (folder / "bindings").mkdir(parents=True)
        (folder / "networking.conf").write_text(
            f"STATE_DIR={folder}/state\nLOGFILE={folder}/log\n"
            f"NFDHCPD_STATE_DIR={folder}/bindings\nIFUP_EXTRA_SCRIPT={folder}/extra\n"
        )
        (folder / "nfdhcpd.conf").write_text(CONFIG.format(folder=folder))

    def call(self, node: str, program: str, *words: str, **environment: str) -> str:
        """Run one of the node's programs."""
        config = str(self.folder / node / "networking.conf")
        command = (sys.executable, "-c", _CALL.format(program), *words)
        told = {**environment, "GNT_NETWORKING_CONF": config}
        return run("ip", "netns", "exec", self.ns(node), *command, check=True, **told)

    def serve_dhcp(self, node: str) -> "subprocess.Popen[bytes]":
        """Run nfdhcpd on a node."""
        code = "from synnefo.node.dhcp.program import command; command()"
        words = ["-c", str(self.folder / node / "nfdhcpd.conf"), "-f"]
        started = self._start(node, [sys.executable, "-c", code, *words])
        pidfile = self.folder / node / "nfdhcpd.pid"
        wait(pidfile.exists)
        return started

    def _start(self, place: str, words: list[str]) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{place}.out").open("ab") as log:
            started = subprocess.Popen(
                ["ip", "netns", "exec", self.ns(place), *words], stdout=log, stderr=log
            )
        self._processes.append(started)
        self._of_place.setdefault(place, []).append(started)
        return started

    def listen(self, place: str, *ports: str) -> None:
        """Let somebody take TCP connections and tell who comes."""
        self._start(place, [sys.executable, "-c", _LISTEN, *ports])
        wait(lambda: self.connects(place, "127.0.0.1", ports[-1]) != "")

    def guest(self, name: str, node: str, mac: str) -> str:
        """Make a guest with one card; answer the TAP on its node."""
        self._make(name)
        tap = f"tap{self._count}"
        self._count += 1
        run(
            *("ip", "link", "add", "name", "eth0", "netns", self.ns(name), "address", mac),
            *("type", "veth", "peer", "name", tap, "netns", self.ns(node)),
        )
        self.within(name, "sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0")
        run("ip", "-n", self.ns(name), "link", "set", "eth0", "up")
        return tap

    def move(self, tap: str, source: str, target: str) -> None:
        """Carry a guest's TAP to another node, as a migration does."""
        run("ip", "-n", self.ns(source), "link", "set", tap, "netns", self.ns(target))

    def address(self, guest: str, address: str) -> None:
        """Give a guest an address by hand."""
        words = ("nodad",) if ":" in address else ()
        run("ip", "-n", self.ns(guest), "addr", "add", address, "dev", "eth0", *words)

    def pings(self, source: str, target: str, *, seconds: float = 5) -> bool:
        """Tell whether packets get there and back."""
        words = ("ping", "-c", "1", "-W", str(seconds), target)
        done = subprocess.run(
            ["ip", "netns", "exec", self.ns(source), *words], capture_output=True, check=False
        )
        return done.returncode == 0

    def connects(self, source: str, target: str, port: str, *, seconds: float = 5.0) -> str:
        """Open a TCP connection; answer as whom one came there, nothing when it failed."""
        words = (sys.executable, "-c", _CONNECT, target, port, str(seconds))
        return self.within(source, *words, check=False).strip()

    def lease(self, guest: str, *words: str) -> str:
        """Ask for an address by DHCP and take it; answer what was told."""
        script = self.folder / "udhcpc.sh"
        script.write_text(
            "#!/bin/sh\nif [ $1 = bound ]; then env\n"
            "ip addr add $ip/$mask dev $interface\n"
            '[ -z "$router" ] || ip route add default via $router\nfi\n'
        )
        script.chmod(0o755)
        return self.within(
            guest,
            *("busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", "4", "-T", "1"),
            *("-s", str(script), *words),
            check=False,
        )

    def counts(self, place: str, *matches: str) -> Callable[[], list[int]]:
        """Count what arrives somewhere from now on; answer what tells how many packets so far."""
        table = f"seen{self._count}{len(matches[0])}"
        rules = " ; ".join(f"{match} counter" for match in matches)
        hook = "type filter hook prerouting priority 0 ;"
        self.within(place, "nft", f"table inet {table} {{ chain in {{ {hook} {rules} ; }} ; }}")

        def read() -> list[int]:
            shown = self.within(place, "nft", "list", "table", "inet", table)
            return [int(found) for found in re.findall(r"packets (\d+)", shown)]

        return read

    def end(self) -> None:
        """Take everything away."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(10)
        for name in self._made:
            run("ip", "netns", "delete", self.ns(name), check=False)

    def forget(self, *guests: str) -> None:
        """Take guests away, with what runs in them: a process would keep its card alive."""
        for guest in guests:
            for process in self._of_place.pop(guest, []):
                process.kill()
                process.wait(10)
            run("ip", "-n", self.ns(guest), "link", "delete", "eth0", check=False)
            run("ip", "netns", "delete", self.ns(guest), check=False)
            self._made.remove(guest)


def wait(done: Callable[[], object], *, seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


@contextlib.contextmanager
def a_lab(folder: Path) -> Iterator[Lab]:
    lab = Lab(folder)
    try:
        lab.begin()
        yield lab
    finally:
        lab.end()
