"""Whole machines of a test's own: the system's files under a layer that is thrown away.

A host is a set of namespaces in which systemd is process 1, with an address on a network that
only the hosts of one `Lan` are on. What it writes stays in memory and goes with it.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

BOOT_SECONDS = 60.0
HIDDEN = (
    *("root", "home", "srv", "mnt", "opt", "media", "etc/synnefo", "var/cache/apt"),
    *("var/lib/ganeti", "var/lib/synnefo", "var/log/synnefo"),
)
"""Folders that a freshly installed machine has empty."""

_INIT = """
set -e
mount --make-rprivate /
mount -t proc proc $ROOT/proc
mount --bind $ROOT/proc/sys $ROOT/proc/sys
mount -o remount,bind,ro $ROOT/proc/sys
mkdir $ROOT/.proc
mount -t proc proc $ROOT/.proc
mount --bind $ROOT/.proc/sys/net $ROOT/proc/sys/net
umount $ROOT/.proc
rmdir $ROOT/.proc
for place in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs $ROOT/$place; done
chmod 1777 $ROOT/tmp
for node in null zero full random urandom tty; do
    touch $ROOT/dev/$node; mount --bind /dev/$node $ROOT/dev/$node
done
mkdir $ROOT/dev/pts $ROOT/dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts $ROOT/dev/pts
mount -t tmpfs tmpfs $ROOT/dev/shm
ln -s pts/ptmx $ROOT/dev/ptmx
ln -s /proc/self/fd $ROOT/dev/fd
ln -s /proc/self/fd/0 $ROOT/dev/stdin
ln -s /proc/self/fd/1 $ROOT/dev/stdout
ln -s /proc/self/fd/2 $ROOT/dev/stderr
mount -t sysfs -o ro sysfs $ROOT/sys
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mount -t cgroup2 cgroup2 $ROOT/sys/fs/cgroup
else
    mount -t tmpfs tmpfs $ROOT/sys/fs/cgroup
    mkdir $ROOT/sys/fs/cgroup/systemd
    mount -t cgroup -o none,name=systemd cgroup $ROOT/sys/fs/cgroup/systemd
fi
hostname $NAME
cd $ROOT
mkdir -p .below
pivot_root . .below
umount -l /.below
exec env -i container=other PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    /lib/systemd/systemd --system --unit=basic.target --log-target=null --show-status=0
"""


class NoAnswerError(AssertionError):
    """A host did not do what it was told."""


class Lan:
    """A network of hosts, in a namespace of its own; nothing leads out of it."""

    def __init__(self, subnet: str = "10.77.0") -> None:
        self.subnet = subnet
        self.name = f"syl{uuid4().hex[:6]}"
        self.hosts: dict[str, Host] = {}
        _run("ip", "netns", "add", self.name)
        _run("ip", "-n", self.name, "link", "add", "lan", "type", "bridge")
        _run("ip", "-n", self.name, "link", "set", "lan", "up")

    def add(self, name: str, *, shared: Sequence[tuple[Path, str]] = ()) -> "Host":
        """Make and start a host; `shared` folders are bound into it."""
        host = Host(self, name, f"{self.subnet}.{len(self.hosts) + 11}", shared)
        self.hosts[name] = host
        return host

    def names(self) -> str:
        """Answer the hosts and their addresses, in the form of /etc/hosts."""
        return "".join(f"{host.address} {host.name}\n" for host in self.hosts.values())

    def close(self) -> None:
        """Take everything away."""
        for host in self.hosts.values():
            host.close()
        _run("ip", "netns", "delete", self.name)


class Host:
    """One machine."""

    def __init__(
        self, lan: Lan, name: str, address: str, shared: Sequence[tuple[Path, str]] = ()
    ) -> None:
        self.lan, self.name, self.address = lan, name, address
        self._link = f"h{address.rsplit('.', 1)[-1]}"
        self.pid = 0
        self._place = Path(tempfile.mkdtemp(prefix="syh", dir="/tmp"))
        try:
            self._make_root(shared)
            self.pid = self._boot()
            self._plug_in()
        except BaseException:
            self.close()
            raise

    @property
    def root(self) -> Path:
        """Tell where the host's files lie, seen from outside."""
        return Path(f"/proc/{self.pid}/root")

    def _make_root(self, shared: Sequence[tuple[Path, str]]) -> None:
        _run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(self._place))
        for part in ("upper", "work", "root"):
            (self._place / part).mkdir()
        layers = f"lowerdir=/,upperdir={self._place}/upper,workdir={self._place}/work"
        _run("mount", "-t", "overlay", "overlay", "-o", layers, str(self._place / "root"))
        root = self._place / "root"
        checkout = str(Path(__file__).resolve().parents[2]).split("/")[1]
        for hidden in (*HIDDEN, checkout):
            if (root / hidden).is_dir():
                mode = f"mode={(root / hidden).stat().st_mode & 0o777:o}"
                _run("mount", "-t", "tmpfs", "-o", mode, "tmpfs", str(root / hidden))
        for source, target in shared:
            (root / target.lstrip("/")).mkdir(parents=True, exist_ok=True)
            _run("mount", "--bind", str(source), str(root / target.lstrip("/")))
        (root / "etc/machine-id").unlink(missing_ok=True)
        (root / "etc/machine-id").write_text(uuid4().hex + "\n")
        (root / "etc/hostname").write_text(f"{self.name}\n")
        sessions = root / "etc/pam.d/common-session"
        kept = [line for line in sessions.read_text().splitlines() if "pam_systemd" not in line]
        sessions.write_text("\n".join([*kept, ""]))
        (root / "usr/sbin/policy-rc.d").unlink(missing_ok=True)

    def _boot(self) -> int:
        environment = {**os.environ, "ROOT": str(self._place / "root"), "NAME": self.name}
        with (self._place / "boot.log").open("wb") as log:
            spaces = ("--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--fork")
            self._outer = subprocess.Popen(
                ["unshare", *spaces, "--kill-child", "bash", "-c", _INIT],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline and self._outer.poll() is None:
            children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children")
            inner = int((children.read_text().split() or ["0"])[0])
            if inner and Path(f"/proc/{inner}/comm").read_text().strip() == "systemd":
                return inner
            time.sleep(0.02)
        raise NoAnswerError(f"{self.name} does not boot: {(self._place / 'boot.log').read_text()}")

    def _plug_in(self) -> None:
        lan = self.lan.name
        inner = ("type", "veth", "peer", "name", "eth0", "netns", str(self.pid))
        _run("ip", "-n", lan, "link", "add", self._link, *inner)
        _run("ip", "-n", lan, "link", "set", self._link, "master", "lan", "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("address", "add", f"{self.address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
        ):
            _run("nsenter", "-t", str(self.pid), "-n", "ip", *words)

    def await_boot(self) -> None:
        """Wait until the host can be given work."""
        deadline = time.monotonic() + BOOT_SECONDS
        while self.run("systemctl is-system-running", check=False).strip() not in {
            "running",
            "degraded",
        }:
            if time.monotonic() > deadline:
                raise NoAnswerError(f"{self.name}: {self.run('systemctl list-jobs')}")
            time.sleep(0.05)

    def command(self, words: Sequence[str] | str) -> list[str]:
        """Answer the command that does something on this host when run outside of it."""
        told = words if isinstance(words, str) else shlex.join(words)
        clean = ("env", "-i", "HOME=/root", "LANG=C.UTF-8", f"PATH={_PATH}")
        return ["nsenter", "-t", str(self.pid), "-a", *clean, "sh", "-c", told]

    def run(
        self, words: Sequence[str] | str, *, check: bool = True, given: str = "", wait: float = 120
    ) -> str:
        """Run a command on the host as root; answers what it printed, errors too."""
        done = subprocess.run(
            self.command(words),
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=wait,
            check=False,
        )
        if check and done.returncode:
            raise NoAnswerError(f"{self.name}: {words}: exit {done.returncode}\n{done.stdout}")
        return done.stdout

    def cut_off(self) -> None:
        """Pull the network cable."""
        _run("ip", "-n", self.lan.name, "link", "set", self._link, "down")

    def rejoin(self) -> None:
        """Put the network cable back."""
        _run("ip", "-n", self.lan.name, "link", "set", self._link, "up")

    def close(self) -> None:
        """Switch the host off, for good."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._outer.wait(30)
        _run("umount", "-l", "-R", str(self._place))
        self._place.rmdir()


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise NoAnswerError(f"{shlex.join(words)}: {done.stderr.strip()}")
