"""A private RabbitMQ of two nodes on free loopback ports, for tests.

The nodes find each other by an epmd of their own, keep all they have in one folder, and touch no
service of the system.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec

BIN = Path("/usr/lib/rabbitmq/bin")
PATIENCE = 90.0
ERLANG = "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}"


class Node(msgspec.Struct):
    """One broker: its name, its ports, and its process while it runs."""

    name: str
    port: int
    dist: int
    pid: int = 0

    @property
    def url(self) -> str:
        """Answer where clients reach it."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"


class Brokers(msgspec.Struct):
    """Two brokers that hold the same queues."""

    folder: str
    epmd: int
    nodes: list[Node]

    @property
    def urls(self) -> list[str]:
        """Answer where clients reach the brokers."""
        return [node.url for node in self.nodes]


def free_port() -> int:
    """Find a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path) -> Brokers:
    """Start both brokers; the second joins the first by itself."""
    if not BIN.exists():
        sys.exit("RabbitMQ is not installed. Run: apt-get install rabbitmq-server")
    folder.mkdir(parents=True, exist_ok=True)
    cookie = folder / ".erlang.cookie"
    cookie.write_text(secrets.token_hex(10))
    cookie.chmod(0o400)
    tag = secrets.token_hex(3)
    nodes = [Node(f"{tag}{number}@localhost", free_port(), free_port()) for number in (1, 2)]
    (folder / "rabbitmq.conf").write_text(
        "cluster_formation.peer_discovery_backend = classic_config\n"
        f"cluster_formation.classic_config.nodes.1 = {nodes[0].name}\n"
        "cluster_partition_handling = ignore\nvm_memory_high_watermark.absolute = 256MiB\n"
        "disk_free_limit.absolute = 20MB\n"
    )
    brokers = Brokers(str(folder), free_port(), nodes)
    for node in nodes:
        run(brokers, node)
        wait(node)
    return brokers


def run(brokers: Brokers, node: Node) -> None:
    """Start one broker's process, anew after it was killed."""
    folder = Path(brokers.folder)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": brokers.folder,
        "RABBITMQ_NODENAME": node.name,
        "RABBITMQ_NODE_PORT": str(node.port),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": str(node.dist),
        "ERL_EPMD_PORT": str(brokers.epmd),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_MNESIA_BASE": str(folder / "db"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
    }
    program = str(BIN / "rabbitmq-server")
    out = str(folder / f"{node.name}.out")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, out, flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    node.pid = os.posix_spawn(program, [program], environ, file_actions=files, setsid=True)


def wait(node: Node) -> None:
    """Wait until a broker takes clients."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", node.port), timeout=2) as probe:
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                if probe.recv(1):
                    return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"The broker {node.name} did not start.")


def kill(node: Node) -> None:
    """Kill a broker as a power cut would."""
    _signal(node, signal.SIGKILL)


def stop(brokers: Brokers) -> None:
    """Stop both brokers and their epmd, and remove what they had."""
    for node in brokers.nodes:
        _signal(node, signal.SIGKILL)
    subprocess.run(
        ["epmd", "-port", str(brokers.epmd), "-kill"],
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "ERL_EPMD_RELAXED_COMMAND_CHECK": "true"},
    )
    shutil.rmtree(brokers.folder, ignore_errors=True)


def _signal(node: Node, number: signal.Signals) -> None:
    """Reach the whole session of a broker: the shell that started it and its virtual machine."""
    try:
        os.killpg(node.pid, number)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(node.pid, os.WNOHANG)
        try:
            os.killpg(node.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
