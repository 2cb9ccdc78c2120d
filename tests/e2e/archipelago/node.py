"""A node of its own: folder, configuration, provider scripts, supervisor."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SHARED = ("BLOCKS", "VOLUMES")
_SOURCE = str(Path(__file__).parents[3] / "src")


class Node:
    """Everything is done as Ganeti and operators do it: by programs and environment."""

    def __init__(self, root: Path, *, name: str = "test-node", shared: Path | None = None) -> None:
        self.root = root
        self.offline = root / "offline-nodes"
        self.provider = root / "provider"
        self.conf = root / "archipelago.conf"
        self.conf.write_text(
            f"[ARCHIPELAGO]\nUNIQUE_STR = {name}\nOFFLINE_NODES = {self.offline}\n"
            + "".join(
                f"{key}_DIR = {place / key.lower()}\n"
                for place, keys in ((shared or root, _SHARED), (root, ("RUN", "LOG")))
                for key in keys
            )
        )
        self.run("archipelago", "install-provider", str(self.provider))

    def run(self, program: str, *arguments: str, check: bool = True) -> str:
        """Run `vlmc` or `archipelago`; return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", f"synnefo.archipelago.cli.{program}", *arguments],
            env={**os.environ, "ARCHIPELAGO_CONF": str(self.conf), "PYTHONPATH": _SOURCE},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def script(self, verb: str, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a provider script as Ganeti does: with nothing else in the environment."""
        return subprocess.run(
            [str(self.provider / verb)],
            env={"VOL_NAME": name, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def attach(self, name: str) -> str:
        """Attach and return the address for KVM."""
        done = self.script("attach", name)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.split("\n")
        assert lines[0] == ""
        assert lines[1].startswith("kvm:nbd+unix:///vol?socket=")
        return lines[1].removeprefix("kvm:")

    def server_pid(self, name: str) -> int:
        """Read the process id of a volume's server."""
        return int((self.root / "run" / f"{name}.pid").read_text())

    def kill_server(self, name: str) -> int:
        """Kill a server as the kernel would for want of memory; wait for the next one."""
        pid = self.server_pid(name)
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(FileNotFoundError, ValueError):
                if self.server_pid(name) != pid:
                    return self.server_pid(name)
            time.sleep(0.01)
        raise AssertionError(f"The server of {name} was not replaced.")

    def supervisor_pid(self) -> int:
        """Ask who supervises."""
        from synnefo.archipelago import control

        return int(control.ask(self.root / "run" / "supervisor.sock", "ping"))


@contextmanager
def a_node() -> Iterator[Node]:
    """Make a node in a folder with a short name, for sockets need one; end all it started."""
    with tempfile.TemporaryDirectory(prefix="arch-") as folder:
        node = Node(Path(folder))
        try:
            yield node
        finally:
            node.run("archipelago", "stop", "--force", check=False)


@contextmanager
def two_nodes() -> Iterator[tuple[Node, Node]]:
    """Make two nodes that share blocks and volumes, and nothing else."""
    with tempfile.TemporaryDirectory(prefix="arch-") as folder:
        root = Path(folder)
        made = []
        for name in ("a", "b"):
            (root / name).mkdir()
            made.append(Node(root / name, name=f"node-{name}", shared=root))
        try:
            yield made[0], made[1]
        finally:
            for node in made:
                node.run("archipelago", "stop", "--force", check=False)
