"""Real Ganeti clusters of `make services`, and whatever tests do to them.

A node is a set of namespaces over an overlay of this machine's file system: all it writes is its
own and gone with it. `clusters()` answers the running ones, `Node.run` runs a command on a node,
`Node.put` writes a file there, `power_off` and `power_on` pull its plug and put it back.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

TOP = Path(__file__).resolve().parents[2]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USER = "synnefo"
PASSWORD = "s3cret"
PATIENCE = 60.0
DAEMONS = "/usr/lib/ganeti/daemon-util"


class NodeFailed(Exception):
    """A command on a node failed; the message has what it said."""


class Ran(msgspec.Struct, frozen=True):
    """What a command on a node said."""

    code: int
    out: str
    err: str


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster: `nodes` nodes `node1`... on the network `prefix`.0/24; this machine is .254."""

    name: str
    prefix: str
    size: int
    folder: str
    """Everything of it, on a memory disk: one folder per node, and `shared`."""

    @property
    def fqdn(self) -> str:
        """Answer the name that the cluster calls itself."""
        return f"cluster.{self.name}.test"

    @property
    def address(self) -> str:
        """Answer the cluster's own address, which is wherever the master is."""
        return f"{self.prefix}.1"

    @property
    def url(self) -> str:
        """Answer where its RAPI is; sign in with USER and PASSWORD."""
        return f"https://{self.address}:5080"

    @property
    def bridge(self) -> str:
        """Name the bridge of this machine that its nodes are connected to."""
        return f"gb-{self.name}"

    @property
    def shared(self) -> Path:
        """Answer the folder that all nodes see as /srv/ganeti/shared-file-storage."""
        return Path(self.folder) / "shared"

    @property
    def nodes(self) -> "list[Node]":
        """Answer its nodes, those without power too."""
        return [Node(cluster=self, number=number) for number in range(1, self.size + 1)]

    @property
    def master(self) -> "Node":
        """Answer the node that is master now, as those that run know it."""
        running = next(node for node in self.nodes if node.is_on)
        name = running.run("gnt-cluster", "getmaster").out.strip()
        return next(node for node in self.nodes if node.fqdn == name)

    def put(self, path: str, content: str | bytes, *, mode: int = 0o644) -> None:
        """Write a file on every node that has power."""
        for node in self.nodes:
            if node.is_on:
                node.put(path, content, mode=mode)


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One node of a cluster."""

    cluster: Cluster
    number: int

    @property
    def name(self) -> str:
        """Name the node within its cluster."""
        return f"node{self.number}"

    @property
    def fqdn(self) -> str:
        """Answer the name that Ganeti knows."""
        return f"{self.name}.{self.cluster.name}.test"

    @property
    def address(self) -> str:
        """Answer its own address."""
        return f"{self.cluster.prefix}.{10 + self.number}"

    @property
    def netns(self) -> str:
        """Name its network namespace, for `ip netns exec`."""
        return f"{self.cluster.name}-{self.name}"

    @property
    def folder(self) -> Path:
        """Answer where this machine keeps what is of the node."""
        return Path(self.cluster.folder) / self.name

    @property
    def pid(self) -> int:
        """Answer the process, seen from this machine, that all of the node ends with; or 0."""
        try:
            return int((self.folder / "pid").read_text())
        except FileNotFoundError:
            return 0

    @property
    def is_on(self) -> bool:
        """Tell whether it has power."""
        return bool(self.pid) and Path(f"/proc/{self.pid}/root/run/ready").exists()

    @property
    def root(self) -> Path:
        """Answer the node's file system as seen from this machine, while it has power."""
        return Path(f"/proc/{self.pid}/root")

    def command(self, *words: str, env: Mapping[str, str] | None = None) -> list[str]:
        """Answer the words that run a command on the node, for a Popen of the test's own."""
        told = [f"{key}={value}" for key, value in (env or {}).items()]
        inside = ["nsenter", "-t", str(self.pid), "-a", "-r", "-w", "env", "-i"]
        return [*inside, f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", *told, *words]

    def run(
        self,
        *words: str,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        timeout: float = PATIENCE,
    ) -> Ran:
        """Run a command on the node and answer what it said; NodeFailed when it fails."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            done = subprocess.run(
                self.command(*words, env=env),
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                timeout=timeout,
            )
            told = Ran(done.returncode, _all_of(out), _all_of(err))
        if check and told.code:
            raise NodeFailed(f"{self.fqdn}: {' '.join(words)} ({told.code}): {told.out}{told.err}")
        return told

    def put(self, path: str, content: str | bytes, *, mode: int = 0o644) -> None:
        """Write a file on the node; its folders are made."""
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        place.chmod(mode)

    def put_tree(self, folder: Path, path: str) -> None:
        """Copy a folder to the node."""
        shutil.copytree(folder, self.root / path.lstrip("/"), dirs_exist_ok=True)

    def read(self, path: str) -> bytes:
        """Read a file of the node."""
        return (self.root / path.lstrip("/")).read_bytes()

    def start_daemon(self, name: str) -> None:
        """Start one of Ganeti's daemons: `ganeti-rapi`, `ganeti-luxid`, `ganeti-noded`, ..."""
        self.run(DAEMONS, "start", name)

    def stop_daemon(self, name: str) -> None:
        """Stop one of Ganeti's daemons."""
        self.run(DAEMONS, "stop", name)

    def start_daemons(self) -> None:
        """Start whatever this node is to run."""
        self.run(DAEMONS, "start-all", check=False)

    def power_off(self) -> None:
        """Pull the plug: every process of the node dies at once, its network is gone."""
        kill(self.pid)
        (self.folder / "pid").unlink(missing_ok=True)
        subprocess.run(["ip", "netns", "del", self.netns], check=False)
        _until(lambda: not _has_link(self._veth), "the node's cable is gone")

    def power_on(self) -> None:
        """Start the node with what its disk held; Ganeti's daemons too, where it is a member."""
        self.boot()
        self.run("/usr/sbin/sshd")
        if (self.root / "var/lib/ganeti/server.pem").exists():
            self.start_daemons()

    def boot(self) -> None:
        """Start the node without any daemon."""
        self._wire()
        script = self.folder / "init.sh"
        self.folder.mkdir(exist_ok=True)
        script.write_text(self._init())
        (self.folder / "pid").unlink(missing_ok=True)
        words = ["ip", "netns", "exec", self.netns, "unshare", "--mount", "--uts", "--ipc"]
        words += ["--pid", "--fork", "--kill-child", "bash", str(script)]
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        files = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(self.folder / "init.log"), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        shell = os.posix_spawnp(words[0], words, os.environ, file_actions=files, setsid=True)
        _until(lambda: self._is_ready(shell), f"{self.fqdn} boots: see {self.folder}/init.log")

    def _is_ready(self, shell: int) -> bool:
        try:
            children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        except FileNotFoundError:
            return False
        if not children or not Path(f"/proc/{children[0]}/root/run/ready").exists():
            return False
        if str(Path(f"/proc/{children[0]}/root").readlink()) == "/":
            return False
        (self.folder / "pid").write_text(children[0])
        return True

    @property
    def _veth(self) -> str:
        return f"v{self.number}-{self.cluster.name}"

    def _wire(self) -> None:
        ip("netns", "add", self.netns)
        veth = ["link", "add", self._veth, "type", "veth", "peer", "name", "eth0"]
        ip(*veth, "netns", self.netns)
        ip("link", "set", self._veth, "master", self.cluster.bridge, "up")
        for words in (
            ["link", "set", "lo", "up"],
            ["addr", "add", f"{self.address}/24", "dev", "eth0"],
            ["link", "set", "eth0", "up"],
            ["link", "add", "br0", "type", "bridge"],
            ["link", "set", "br0", "up"],
        ):
            ip("-n", self.netns, *words)

    def _init(self) -> str:
        place = self.folder / "root"
        return f"""set -e
hostname {self.fqdn}
mount --make-rprivate /
mkdir -p {self.folder}/up {self.folder}/work {place}
mount -t overlay overlay -o lowerdir=/,upperdir={self.folder}/up,workdir={self.folder}/work {place}
mkdir -p {place}/srv/ganeti/shared-file-storage
mount --bind {self.cluster.shared} {place}/srv/ganeti/shared-file-storage
mount -t proc proc {place}/proc
mount -t sysfs sysfs {place}/sys
mount --rbind /dev {place}/dev
mount -t tmpfs tmpfs {place}/run
mkdir -p {place}/run/lock {place}/run/sshd
mount -t tmpfs tmpfs {place}/tmp
mkdir -p {place}{TOP}
mount --bind {TOP} {place}{TOP}
exec chroot {place} /bin/bash -c \
 'touch /run/ready; trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'
"""


def clusters() -> list[Cluster]:
    """Answer the clusters that `make services` started: three nodes, then one node."""
    told = os.environ.get("SYNNEFO_TEST_GANETI", "")
    return msgspec.json.decode(Path(told).read_bytes(), type=list[Cluster]) if told else []


def ip(*words: str) -> None:
    """Run `ip`."""
    subprocess.run(["ip", *words], check=True)


def kill(pid: int) -> None:
    """Kill a process and wait until it is gone."""
    if not pid:
        return
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    _until(lambda: not _lives(pid), f"process {pid} ends")


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _has_link(name: str) -> bool:
    return Path(f"/sys/class/net/{name}").exists()


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.03)


def _all_of(file: object) -> str:
    file.seek(0)  # type: ignore[attr-defined]
    return file.read().decode(errors="replace")  # type: ignore[attr-defined,no-any-return]
